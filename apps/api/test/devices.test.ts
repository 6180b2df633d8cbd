/* oxlint-disable max-lines -- One server serves all of it, on each database. */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, newEmail, PASSWORD, signed, signUpDevice, startServer, type TestServer, tokenOf } from './helpers.js'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Someone on three devices; the first one signed up. */
async function threeDevices() {
  const email = newEmail()
  const [laptop, phone, tablet] = [
    server.browser({ 'user-agent': CHROME }),
    server.browser({ 'user-agent': FIREFOX }),
    server.browser(),
  ]
  await laptop.signUp(email)
  await phone.signIn(email)
  await tablet.signIn(email)
  const idOf = async (device: typeof laptop) => (await device.api.session.current.query()).id
  return {
    laptop,
    phone,
    tablet,
    ids: { laptop: await idOf(laptop), phone: await idOf(phone), tablet: await idOf(tablet) },
  }
}

test('session.current says who is signed in, and until when', async () => {
  const { api, email } = await signUpDevice(server)
  const current = await api.session.current.query()
  expect(current).toEqual({
    id: expect.stringMatching(/^[\w-]{16}$/),
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    user: { id: expect.any(String), name: 'Ada', email, isAdmin: false },
  })
  const week = 7 * 24 * 60 * 60 * 1_000
  expect(Date.parse(current.expiresAt) - Date.parse(current.createdAt)).toBe(week)
})

test('devices.list shows the current device first, then the one seen last', async () => {
  const { phone, ids } = await threeDevices()
  const list = await phone.api.devices.list.query()
  expect(list.map(({ id }) => id)).toEqual([ids.phone, ids.tablet, ids.laptop])
  expect(list.map(({ isCurrent }) => isCurrent)).toEqual([true, false, false])
  expect(list[2]).toEqual({
    id: ids.laptop,
    isCurrent: false,
    deviceId: expect.stringMatching(/^[\w-]{22}$/),
    name: null,
    browser: 'Chrome',
    os: expect.stringContaining('Windows'),
    kind: 'desktop',
    ipAddress: '127.0.0.1',
    place: { kind: 'local' },
    signInMethod: { kind: 'password' },
    createdAt: expect.any(String),
    authenticatedAt: expect.any(String),
    proofMethod: { kind: 'password' },
    lastSeenAt: expect.any(String),
    expiresAt: expect.any(String),
  })
  expect(list[0]).toMatchObject({ browser: 'Firefox', os: 'Linux' })
})

test('client hints sent at sign-in name the system that the user agent hides', async () => {
  const device = await signUpDevice(server, {
    'user-agent': CHROME,
    'sec-ch-ua-platform': '"Windows"',
    'sec-ch-ua-platform-version': '"15.0.0"',
  })
  expect(await device.api.devices.list.query()).toMatchObject([{ browser: 'Chrome', os: 'Windows 11' }])
})

test('a touch screen reported at sign-in distinguishes an iPad from a Mac', async () => {
  const safari =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15'
  const { email } = await signUpDevice(server)
  const ipad = server.browser({ 'user-agent': safari, 'x-touch-screen': '?1' })
  await ipad.signIn(email)
  const mac = server.browser({ 'user-agent': safari })
  await mac.signIn(email)
  expect(await mac.api.devices.list.query()).toMatchObject([
    { os: 'macOS', kind: 'desktop' },
    { os: 'iPad', kind: 'tablet' },
    {},
  ])
})

test('devices.revoke ends that device for its very next request, and no other', async () => {
  const { laptop, phone, tablet, ids } = await threeDevices()
  expect(await laptop.api.devices.revoke.mutate({ id: ids.phone })).toEqual({ revoked: 1 })
  expect(await codeOf(phone.api.devices.list.query())).toBe('UNAUTHORIZED')
  expect((await laptop.api.devices.list.query()).map(({ id }) => id)).toEqual([ids.laptop, ids.tablet])
  expect(await tablet.api.session.current.query()).toMatchObject({ id: ids.tablet })
  expect(await laptop.api.devices.revoke.mutate({ id: ids.phone })).toEqual({ revoked: 0 })
})

test("an unknown id and another user's id are answered alike", async () => {
  const { laptop } = await threeDevices()
  const stranger = await signUpDevice(server)
  const { id } = await stranger.api.session.current.query()
  expect(await laptop.api.devices.revoke.mutate({ id })).toEqual({ revoked: 0 })
  expect(await laptop.api.devices.revoke.mutate({ id: 'AAAAAAAAAAAAAAAA' })).toEqual({ revoked: 0 })
  expect(await laptop.api.devices.revoke.mutate({ id: '!notBefore' })).toEqual({ revoked: 0 })
  expect(await stranger.api.session.current.query()).toMatchObject({ id })
})

test('the current device cannot be revoked: that is what signing out is for', async () => {
  const { laptop, ids } = await threeDevices()
  expect(await codeOf(laptop.api.devices.revoke.mutate({ id: ids.laptop }))).toBe('BAD_REQUEST')
  expect(await laptop.api.session.current.query()).toMatchObject({ id: ids.laptop })
})

test.each([{ id: 7 }, { id: '' }, { id: 'x'.repeat(65) }, {}, null, [], 'text'])(
  'an input such as %j is refused with the field',
  async (input) => {
    const { post } = await signUpDevice(server)
    const response = await post('/trpc/devices.revoke', input)
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: { message: string; data: { code: string } } }
    expect(error.data.code).toBe('BAD_REQUEST')
    expect(error.message).toMatch(/^(?:id: |Invalid input)/)
  },
)

test('devices.revokeMany ends the chosen devices in one step, and no other', async () => {
  const { laptop, phone, tablet, ids } = await threeDevices()
  const stranger = await signUpDevice(server)
  const { id: foreign } = await stranger.api.session.current.query()
  const chosen = { ids: [ids.phone, ids.tablet, foreign, 'AAAAAAAAAAAAAAAA', '!notBefore'] }
  expect(await laptop.api.devices.revokeMany.mutate(chosen)).toEqual({ revoked: 2 })
  for (const device of [phone, tablet]) expect(await codeOf(device.api.devices.list.query())).toBe('UNAUTHORIZED')
  expect((await laptop.api.devices.list.query()).map(({ id }) => id)).toEqual([ids.laptop])
  expect(await stranger.api.session.current.query()).toMatchObject({ id: foreign })
  expect(await laptop.api.devices.revokeMany.mutate(chosen)).toEqual({ revoked: 0 })
})

test('devices.revokeMany with the current device ends none', async () => {
  const { laptop, phone, ids } = await threeDevices()
  expect(await codeOf(laptop.api.devices.revokeMany.mutate({ ids: [ids.phone, ids.laptop] }))).toBe('BAD_REQUEST')
  expect(await phone.api.session.current.query()).toMatchObject({ id: ids.phone })
})

test.each([
  ['none', { ids: [] }],
  ['more than 500', { ids: Array(501).fill('AAAAAAAAAAAAAAAA') }],
  ['an empty id', { ids: [''] }],
  ['a text', { ids: 'text' }],
  ['nothing', {}],
])('a choice of devices is refused: %s', async (_, input) => {
  const { post } = await signUpDevice(server)
  expect((await post('/trpc/devices.revokeMany', input)).status).toBe(400)
})

test('devices.revokeOthers ends all but this one', async () => {
  const { laptop, phone, tablet, ids } = await threeDevices()
  expect(await tablet.api.devices.revokeOthers.mutate()).toEqual({ revoked: 2 })
  expect(await codeOf(laptop.api.session.current.query())).toBe('UNAUTHORIZED')
  expect(await codeOf(phone.api.session.current.query())).toBe('UNAUTHORIZED')
  expect((await tablet.api.devices.list.query()).map(({ id }) => id)).toEqual([ids.tablet])
})

test('devices.revokeAll ends all, this one too, and clears its cookie', async () => {
  const { laptop, phone, tablet } = await threeDevices()
  const cookie = laptop.jar.get('rollcall.session_token') ?? ''
  const response = await laptop.post('/trpc/devices.revokeAll', undefined)
  expect(await response.json()).toEqual({ result: { data: { revoked: 3 } } })
  expect(response.headers.getSetCookie()).toContainEqual(
    expect.stringMatching(/^rollcall\.session_token=; Max-Age=0; Path=\/; HttpOnly/),
  )
  expect([...laptop.jar.keys()]).toEqual(['rollcall.device']) // it signs nobody in
  laptop.jar.set('rollcall.session_token', cookie) // a browser that kept it is refused all the same
  for (const device of [laptop, phone, tablet])
    expect(await codeOf(device.api.devices.list.query())).toBe('UNAUTHORIZED')
})

test('each revocation leaves one audit line: who, which session, from where, result', async () => {
  const { laptop, ids } = await threeDevices()
  const { user } = await laptop.api.session.current.query()
  const before = server.audits().length
  await laptop.api.devices.revoke.mutate({ id: ids.phone })
  await codeOf(laptop.api.devices.revoke.mutate({ id: ids.laptop }))
  await laptop.api.devices.revokeMany.mutate({ ids: [ids.phone, 'AAAAAAAAAAAAAAAA'] })
  await laptop.api.devices.revokeOthers.mutate()
  await laptop.api.devices.revokeAll.mutate()
  await codeOf(laptop.api.devices.revokeAll.mutate())
  const from = { ipAddress: '127.0.0.1' }
  const who = { userId: user.id, ...from }
  expect(server.audits().slice(before)).toEqual([
    { event: 'revoke', result: 'ok', ...who, sessionId: ids.phone, ended: 1 },
    { event: 'revoke', result: 'refused', ...who, sessionId: ids.laptop },
    { event: 'revoke-many', result: 'ok', ...who, sessionId: ids.laptop, ended: 0 },
    { event: 'revoke-others', result: 'ok', ...who, sessionId: ids.laptop, ended: 1 },
    { event: 'revoke-all', result: 'ok', ...who, sessionId: ids.laptop, ended: 1 },
    { event: 'revoke-all', result: 'refused', ...from },
  ])
})

test('a call of a batch does not act for a session that its batch mate has ended', async () => {
  const { laptop } = await threeDevices()
  // The two calls are validated before either is done. The store checks again inside of its atomic step.
  const response = await laptop.post('/trpc/devices.revokeAll,devices.revokeOthers?batch=1', {})
  const [all, others] = (await response.json()) as [object, object]
  expect(all).toEqual({ result: { data: { revoked: 3 } } })
  expect(others).toMatchObject({ error: { data: { code: 'UNAUTHORIZED' } } })
})

test('a token does not outlive its session, however well it is signed', async () => {
  const { laptop } = await threeDevices()
  const token = tokenOf(laptop)
  await laptop.post('/api/auth/sign-out', {})
  const thief = server.browser()
  thief.jar.set('rollcall.session_token', signed(token))
  expect(await codeOf(thief.api.session.current.query())).toBe('UNAUTHORIZED')
})

test('of two devices that log out all others at once, one stays', async () => {
  const { laptop, phone, tablet, ids } = await threeDevices()
  await server.flush() // else what writes their events down would be one of the two
  // Step by step together: both are validated, both are counted, and only then either of them acts.
  const { sendCommand } = Redis.prototype
  const waiting: (() => unknown)[] = []
  Redis.prototype.sendCommand = function together(command, stream) {
    waiting.push(() => sendCommand.call(this, command, stream))
    if (waiting.length === 2) for (const go of waiting.splice(0)) go()
    return command.promise
  }
  const answers = await Promise.all(
    [laptop, phone].map((device) => device.post('/trpc/devices.revokeOthers', undefined)),
  )
  Redis.prototype.sendCommand = sendCommand
  for (const go of waiting) go()

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401])
  const [winner, id] = answers[0]?.status === 200 ? [laptop, ids.laptop] : [phone, ids.phone]
  expect((await winner.api.devices.list.query()).map((device) => device.id)).toEqual([id])
  for (const device of [laptop, phone, tablet].filter((one) => one !== winner)) {
    expect(await codeOf(device.api.session.current.query())).toBe('UNAUTHORIZED')
  }
})

describe('a page that shows another session than that of the cookie', () => {
  /** A browser in which Ada was signed in when its page was shown, and Bob is by now, on two devices each. */
  async function signInAnother() {
    const browser = await signUpDevice(server)
    const ada = (await browser.api.session.current.query()).id
    const bob = await signUpDevice(server)
    await browser.signIn(bob.email)
    const change = (path: string, body: object = {}, shown = ada) =>
      browser.request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'x-expected-session': shown } })
    return { browser, bob, change }
  }

  test.each([
    ['/trpc/devices.revokeOthers', {}],
    ['/trpc/devices.revokeAll', {}],
    ['/trpc/devices.revoke', { id: 'x' }],
    ['/trpc/devices.rename', { id: 'x', name: 'Work' }],
  ])('changes nothing of the other: %s', async (path, input) => {
    const { browser, bob, change } = await signInAnother()
    const answer = await change(path, input)
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ error: { data: { code: 'CONFLICT', reason: 'OTHER_SESSION' } } })
    expect((await browser.api.devices.list.query()).map(({ name }) => name)).toEqual([null, null])
    await bob.api.session.current.query()
  })

  test.each([
    ['/api/auth/sign-out', {}],
    ['/api/auth/change-password', { currentPassword: PASSWORD, newPassword: 'another good horse' }],
    ['/api/auth/reauthenticate', { password: PASSWORD }],
  ])('nor below /api/auth: %s', async (path, body) => {
    const { browser, bob, change } = await signInAnother()
    const cookie = tokenOf(browser)
    const answer = await change(path, body)
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ code: 'OTHER_SESSION' })
    expect(tokenOf(browser)).toBe(cookie)
    expect((await browser.api.session.current.query()).user.email).toBe(bob.email)
    await server.browser().signIn(bob.email)
  })

  test('is no way to learn of sessions: without one, the answer is the same as ever', async () => {
    const stranger = server.browser()
    const answer = await stranger.request('/trpc/devices.revokeAll', {
      method: 'POST',
      body: '{}',
      headers: { 'x-expected-session': 'x' },
    })
    expect(answer.status).toBe(401)
  })

  test('is one that shows its own again once it has asked', async () => {
    const { browser, change } = await signInAnother()
    const { id } = await browser.api.session.current.query()
    expect((await change('/trpc/devices.revokeOthers', {}, id)).status).toBe(200)
    expect((await change('/api/auth/sign-out', {}, id)).status).toBe(200)
    expect(await codeOf(browser.api.session.current.query())).toBe('UNAUTHORIZED')
  })
})
