import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findUnusual } from '../src/accounts/activity/unusual.js'
import { openPlaces } from '../src/places.js'
import { type Browser, codeOf, newEmail, signUpDevice, startServer, type TestServer } from './helpers.js'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
const [ERLANGEN, ZURICH, TOKYO] = ['131.188.0.10', '130.60.1.1', '133.11.0.1']

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const browserAt = (address: string, userAgent = CHROME) =>
  server.browser({ 'user-agent': userAgent, 'x-forwarded-for': address })
const idOf = async ({ api }: Browser) => (await api.session.current.query()).id

/** Somebody whose laptop signed up in Germany, and a second sign-in elsewhere. */
async function laptopAnd(address: string, userAgent?: string) {
  const email = newEmail()
  const laptop = browserAt(ERLANGEN)
  await laptop.signUp(email)
  const other = browserAt(address, userAgent)
  await other.signIn(email)
  return { email, laptop, other, otherId: await idOf(other) }
}

describe('a sign-in is unusual', () => {
  test.each([
    ['from another browser', ERLANGEN, CHROME, ['new-browser']],
    ['from another country too', ZURICH, CHROME, ['new-browser', 'new-country']],
    ['by a program', ERLANGEN, 'curl/8.5.0', ['new-browser', 'program']],
    ['from an address whose place nobody knows', '192.0.2.1', CHROME, ['new-browser']],
  ])('%s', async (_, address, userAgent, signs) => {
    const { laptop, otherId } = await laptopAnd(address, userAgent)
    expect(await laptop.api.devices.unusual.query()).toEqual([{ id: otherId, signs }])
  })

  test('never where it signed up, nor again from a known browser and country', async () => {
    const { laptop, other, email, otherId } = await laptopAnd(ZURICH)
    expect(await other.api.devices.unusual.query()).toEqual([]) // the laptop signed up, and the other is the current one
    await other.post('/api/auth/sign-out', {})
    await other.signIn(email)
    expect(await laptop.api.devices.unusual.query()).toMatchObject([{ id: otherId }])
  })

  test('since the last visit, which is that of the session, and lasts for its visit', async () => {
    const { laptop, other, email, otherId } = await laptopAnd(ERLANGEN)
    await laptop.api.devices.confirm.mutate({ ids: [otherId] })
    expect(await laptop.api.devices.unusual.query()).toEqual([])
    await other.post('/api/auth/sign-out', {})
    await server.later(31 * 60_000, async () => {
      await other.signIn(email)
      const id = await idOf(other)
      const signs = { id, signs: ['since-last-visit'] }
      expect(await laptop.api.devices.unusual.query()).toEqual([signs])
      expect(await laptop.api.devices.unusual.query()).toEqual([signs])
      expect(await laptop.api.devices.confirm.mutate({ ids: [id] })).toEqual({ confirmed: 1 })
      expect(await laptop.api.devices.unusual.query()).toEqual([])
    })
  })

  test('beside those before it, and not because of where the first one was', () => {
    const signIn = (n: number, ipAddress: string, isConfirmed = false) => ({
      at: new Date(n),
      session: { id: String(n), ipAddress, userAgent: CHROME, data: {} },
      isConfirmed,
    })
    const signIns = [ERLANGEN, ZURICH, ERLANGEN, ZURICH, '10.0.0.1', TOKYO].map((address, n) => signIn(n, address))
    const placeOf = openPlaces()
    expect([...findUnusual(signIns, placeOf)]).toEqual([
      ['1', ['new-country']],
      ['5', ['new-country']],
    ])
    expect([...findUnusual([signIn(0, ERLANGEN), signIn(1, ZURICH, true), signIn(2, ZURICH)], placeOf)]).toEqual([])
    expect([...findUnusual([signIn(0, '10.0.0.1'), signIn(1, ZURICH)], placeOf)]).toEqual([])
  })
})

describe('"It was me"', () => {
  test('takes the marks away on every device, for good, and leaves its trace', async () => {
    const { laptop, other, email, otherId } = await laptopAnd(ZURICH)
    const phone = browserAt(ERLANGEN)
    await phone.signIn(email)
    expect(await laptop.api.devices.confirm.mutate({ ids: [otherId, otherId, 'x'.repeat(16)] })).toEqual({
      confirmed: 1,
    })
    expect(await laptop.api.devices.confirm.mutate({ ids: [otherId] })).toEqual({ confirmed: 0 })
    expect((await phone.api.devices.unusual.query()).map(({ id }) => id)).not.toContain(otherId)
    await other.post('/api/auth/sign-out', {})
    const { entries } = await phone.api.activity.list.query({ kind: 'sign-ins' })
    expect(entries.map(({ type, signIn }) => [type, signIn?.signs])).toEqual([
      ['confirmed', undefined],
      ['signed-in-first', ['new-browser']],
      ['signed-in-first', []],
      ['signed-in-first', []],
    ])
    expect(entries[0]).toMatchObject({ device: { ipAddress: ZURICH }, by: { ipAddress: ERLANGEN } })
  })

  test('is not for a session to say of itself, nor of another user', async () => {
    const { laptop, other, otherId } = await laptopAnd(ZURICH)
    expect(await codeOf(other.api.devices.confirm.mutate({ ids: [otherId] }))).toBe('BAD_REQUEST')
    const stranger = await signUpDevice(server)
    expect(await stranger.api.devices.confirm.mutate({ ids: [otherId] })).toEqual({ confirmed: 0 })
    expect(await laptop.api.devices.unusual.query()).toMatchObject([{ id: otherId }])
  })
})

test('the details of a device hold its agent, its sign-ins and its addresses, and nothing of another user', async () => {
  const { laptop, other, email } = await laptopAnd(ZURICH)
  const moved = server.browser({ 'user-agent': CHROME, 'x-forwarded-for': TOKYO })
  for (const [name, value] of other.jar) moved.jar.set(name, value)
  await moved.signIn(email)
  const id = await idOf(moved)
  const details = await laptop.api.devices.details.query({ id })
  expect(details).toEqual({
    userAgent: CHROME,
    firstSignInAt: expect.any(String) as string,
    lastSignInAt: expect.any(String) as string,
    signIns: 2,
    addresses: [
      { ipAddress: TOKYO, place: { kind: 'country', code: 'JP' } },
      { ipAddress: ZURICH, place: { kind: 'country', code: 'CH' } },
    ],
  })
  const stranger = await signUpDevice(server)
  for (const unknown of [id, 'x'.repeat(16)])
    expect(await stranger.api.devices.details.query({ id: unknown })).toBeNull()
})

test('the activity of one kind is listed page by page, as large as asked for', async () => {
  const { laptop, otherId } = await laptopAnd(ZURICH)
  await laptop.api.devices.revoke.mutate({ id: otherId })
  await laptop.post('/api/auth/sign-in/email', { email: newEmail(), password: 'not the password' })
  await laptop.post('/api/auth/reauthenticate', { password: 'not the password' })
  const typesOf = async (kind: 'sign-ins' | 'sign-outs' | 'changes' | 'refusals', limit?: number) => {
    const { entries, nextCursor } = await laptop.api.activity.list.query({ kind, ...(limit && { limit }) })
    return { types: entries.map(({ type }) => type), isAll: nextCursor === null }
  }
  expect(await typesOf('sign-ins')).toEqual({ types: ['signed-in-first', 'signed-in-first'], isAll: true })
  expect(await typesOf('sign-ins', 1)).toEqual({ types: ['signed-in-first'], isAll: false })
  expect(await typesOf('sign-outs')).toEqual({ types: ['revoked'], isAll: true })
  expect(await typesOf('changes')).toEqual({ types: [], isAll: true })
  await expect.poll(() => typesOf('refusals')).toEqual({ types: ['proof-refused'], isAll: true })
  expect(await codeOf(laptop.api.activity.list.query({ limit: 101 }))).toBe('BAD_REQUEST')
})
