import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sessionRows, startApp } from './helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({})
})
afterAll(() => t[Symbol.asyncDispose]())

describe('in an application of someone else', () => {
  test('a transaction that fails leaves no live session', async () => {
    const { browser, userId } = await t.person('rolled-back')
    const tokens: string[] = []
    const failing = t.adapter.transaction(async (trx) => {
      const data: Record<string, unknown> = { userId, expiresAt: new Date(Date.now() + 60_000) }
      const row = await trx.create<Record<string, unknown>, { token: string }>({ model: 'session', data })
      tokens.push(row.token)
      expect(await t.store.validate(row.token)).not.toBeNull()
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await t.store.validate(tokens[0] ?? '')).toBeNull()
    expect(await browser.session()).not.toBeNull()
  })

  test('a query that one hash per user cannot answer is refused by name', async () => {
    const byId = t.adapter.findOne({ model: 'session', where: [{ field: 'id', value: 'x' }] })
    await expect(byId).rejects.toThrow(/cannot look up sessions by id/)
    const unbounded = t.adapter.deleteMany({ model: 'session', where: [] })
    await expect(unbounded).rejects.toThrow(/cannot look up sessions by nothing/)
  })

  test('data that a plugin keeps with a session is found again', async () => {
    const { browser, userId } = await t.person('data')
    const token = (await browser.token()) ?? ''
    const where = [{ field: 'token', value: token }]
    await t.adapter.update({ model: 'session', where, update: { activeOrganizationId: 'acme' } })
    expect(await t.adapter.findOne({ model: 'session', where })).toMatchObject({
      userId,
      activeOrganizationId: 'acme',
      token,
    })
    expect(await sessionRows(t.database)).toBe(0)
  })

  test('data of a session is changed by its user as well, and no token is handed out', async () => {
    const { userId } = await t.person('by-user', 1)
    const query = { model: 'session', where: [{ field: 'userId', value: userId }] }
    expect(await t.adapter.update({ ...query, update: { theme: 'dark' } })).toMatchObject({ theme: 'dark', token: '' })
    expect(await t.adapter.updateMany({ ...query, update: { theme: 'light' } })).toBe(2)
    const rows = await t.adapter.findMany(query)
    expect(rows).toEqual([expect.objectContaining({ theme: 'light' }), expect.objectContaining({ theme: 'light' })])
  })

  test('a plugin that deletes the expired sessions of a user signs nobody out', async () => {
    const { userId } = await t.person('tidy')
    const expired = { field: 'expiresAt', operator: 'lt' as const, value: new Date() }
    expect(await t.adapter.deleteMany({ model: 'session', where: [{ field: 'userId', value: userId }, expired] })).toBe(
      0,
    )
    expect(await t.store.count(userId)).toBe(1)
  })
})
