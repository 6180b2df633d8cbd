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
})
