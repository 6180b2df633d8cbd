import type { Where } from '@better-auth/core/db/adapter'
import { IMPORTED_FROM } from '@rollcall/session-store'
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

  test('what better-auth asks of its adapter is what it was', async () => {
    expect(t.adapter.id).toBe('kysely')
  })

  test('a session that is made outside of a request is an event of the audit', async () => {
    const { userId } = await t.person('by-script')
    t.events.length = 0
    const { internalAdapter } = await t.auth.$context
    const { id } = await internalAdapter.createSession(userId)
    expect(t.events).toEqual([{ event: 'sign-in', result: 'ok', userId, sessionId: id }])
    expect((await t.store.list(userId)).find((session) => session.id === id)).toMatchObject({
      data: {},
      userAgent: null,
    })
  })

  test('a query that one hash per user cannot answer is refused by name', async () => {
    const refused: [RegExp, ...Where[]][] = [
      [/by id \(eq\)/, { field: 'id', value: 'x' }],
      [/by token \(contains\)/, { field: 'token', operator: 'contains', value: 'x' }],
      [/by userId \(in\)/, { field: 'userId', operator: 'in', value: ['x'] }],
      [/by expiresAt \(eq\)/, { field: 'expiresAt', value: new Date() }],
      [/by createdAt \(gt\)/, { field: 'createdAt', operator: 'gt', value: new Date() }],
      [/by createdAt \(lt\)/, { field: 'createdAt', operator: 'lt', value: new Date() }],
      [/by userId in an OR/, { field: 'userId', value: 'x', connector: 'OR' }, { field: 'token', value: 'x' }],
      [/by nothing/],
      [/by nothing/, { field: 'expiresAt', operator: 'gt', value: new Date() }],
    ]
    for (const [what, ...where] of refused) {
      for (const query of [
        t.adapter.findMany({ model: 'session', where }),
        t.adapter.deleteMany({ model: 'session', where }),
      ])
        await expect(query).rejects.toMatchObject({
          name: 'UnsupportedQueryError',
          message: expect.stringMatching(what),
        })
    }
    await expect(t.adapter.findMany({ model: 'session' })).rejects.toThrow(/cannot look up sessions by nothing/)
    await expect(t.adapter.count({ model: 'session' })).rejects.toThrow(/cannot look up sessions by nothing/)
    const counter = async () => t.adapter.incrementOne({ model: 'session', where: [], increment: { visits: 1 } })
    await expect(counter).rejects.toThrow(/cannot look up sessions by a counter/)
  })

  test('sessions are found by their tokens, by their user, or by both', async () => {
    const { browser, phones, userId } = await t.person('found', 1)
    const { browser: stranger } = await t.person('stranger')
    const all = await Promise.all([browser, ...phones, stranger].map(async (one) => (await one.token()) ?? ''))
    const [first = '', second] = all
    const find = async (...where: Where[]) =>
      (await t.adapter.findMany<{ token: string }>({ model: 'session', where })).map(({ token }) => token)
    const of = { field: 'userId', value: userId }
    const expiry = (operator: Where['operator']) => ({ field: 'expiresAt', operator, value: new Date() })
    const tokens = { field: 'token', operator: 'in' as const, value: all }
    expect(await find(tokens)).toEqual(all)
    expect(await find(tokens, of)).toEqual([first, second])
    for (const operator of ['gt', 'gte'] as const)
      expect(await find({ field: 'token', value: first }, expiry(operator))).toEqual([first])
    for (const operator of ['lt', 'lte'] as const) {
      expect(await find(of, expiry(operator))).toEqual([])
      expect(await t.adapter.deleteMany({ model: 'session', where: [expiry(operator)] })).toBe(0)
    }
    expect(await find({ ...of, connector: 'OR' })).toEqual(['', ''])
    expect(await t.adapter.count({ model: 'session', where: [of] })).toBe(2)
    expect(await t.adapter.findMany({ model: 'session', where: [of], limit: 1 })).toHaveLength(1)
  })

  test('a session is consumed once, and deleted with the others that are named', async () => {
    const { browser, phones, userId } = await t.person('consumed', 2)
    const [one = '', ...more] = await Promise.all([browser, ...phones].map(async (each) => (await each.token()) ?? ''))
    const query = { model: 'session', where: [{ field: 'token', value: one }] }
    expect(await t.adapter.consumeOne(query)).toMatchObject({ userId, token: one })
    for (const gone of [await t.adapter.consumeOne(query), await t.adapter.update({ ...query, update: { note: 'x' } })])
      expect(gone).toBeNull()
    const named = [{ field: 'token', operator: 'in' as const, value: [one, ...more] }]
    expect(await t.adapter.deleteMany({ model: 'session', where: named })).toBe(2)
    expect(await t.store.count(userId)).toBe(0)
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

  test('no plugin can write what the store knows of a session', async () => {
    const { browser, userId } = await t.person('own-fields')
    const before = await browser.session()
    const where = [{ field: 'userId', value: userId }]
    const texts = ['id', 'token', 'ipAddress', 'userAgent', 'clientHints', 'device', 'signInMethod', 'proofMethod']
    const dates = ['createdAt', 'updatedAt', 'expiresAt']
    const own = [...texts, IMPORTED_FROM, 'userId'].map((field) => [field, 'forged'] as const)
    const update = { ...Object.fromEntries([...own, ...dates.map((field) => [field, new Date(0)])]), note: 'kept' }
    await t.adapter.update({ model: 'session', where, update })
    await t.adapter.update({ model: 'session', where, update: { note: undefined } })
    expect(await browser.session()).toEqual({ ...before, data: { ...before?.data, note: 'kept' } })
  })

  test('data of a session is changed by its user as well, and no token is handed out', async () => {
    const { userId } = await t.person('by-user', 1)
    const query = { model: 'session', where: [{ field: 'userId', value: userId }] }
    expect(await t.adapter.update({ ...query, update: { theme: 'dark' } })).toMatchObject({ theme: 'dark', token: '' })
    expect(await t.adapter.updateMany({ ...query, update: { theme: 'light' } })).toBe(2)
    const { update } = t.store
    t.store.update = async () => {
      t.store.update = update
      return null // it has ended meanwhile
    }
    expect(await t.adapter.updateMany({ ...query, update: { theme: 'light' } })).toBe(1)
    const rows = await t.adapter.findMany(query)
    expect(rows).toEqual(Array.from({ length: 2 }, () => expect.objectContaining({ theme: 'light', token: '' })))
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
