import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failCommand } from './fail-command.js'
import {
  type Browser,
  codeOf,
  PASSWORD,
  signed,
  signUpDevice,
  startServer,
  type TestServer,
  tokenOf,
} from './helpers.js'

// Revoking other devices needs a recent proof of the password; the tests move the clock forward to make it old.

const QUARTER = 15 * 60_000

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

async function laptopAndPhone() {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const { id } = await phone.api.session.current.query()
  return { laptop, phone, id }
}

const prove = (device: Browser, password = PASSWORD) => device.post('/api/auth/reauthenticate', { password })

const revocations: Record<string, (device: Browser, id: string) => Promise<{ revoked: number }>> = {
  'devices.revoke': ({ api }, id) => api.devices.revoke.mutate({ id }),
  'devices.revokeMany': ({ api }, id) => api.devices.revokeMany.mutate({ ids: [id] }),
  'devices.revokeOthers': ({ api }) => api.devices.revokeOthers.mutate(),
  'devices.revokeAll': ({ api }) => api.devices.revokeAll.mutate(),
}

describe.each(Object.entries(revocations))('%s', (name, end) => {
  test('is refused with its reason once the proof is old, and nothing changes', async () => {
    const { laptop, id } = await laptopAndPhone()
    await server.later(QUARTER, async () => {
      const error: unknown = await end(laptop, id).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ data: { code: 'FORBIDDEN', httpStatus: 403, reason: 'REAUTHENTICATE' } })
      expect(await laptop.api.devices.list.query()).toHaveLength(2)
    })
    expect(server.audits().at(-1)).toMatchObject({
      event: name.replace('devices.', '').replace(/[A-Z]/, (c) => `-${c.toLowerCase()}`),
      result: 'refused',
    })
  })

  test('goes through until then, and again after the password was given', async () => {
    const { laptop, phone, id } = await laptopAndPhone()
    await server.later(QUARTER, async () => {
      expect((await prove(laptop)).status).toBe(200)
      await server.later(QUARTER - 10_000, async () => {
        expect((await end(laptop, id)).revoked).toBeGreaterThan(0)
        expect(await codeOf(phone.api.session.current.query())).toBe('UNAUTHORIZED')
      })
    })
  })
})

test('listing, and signing oneself out, ask for no proof', async () => {
  const { laptop, phone } = await laptopAndPhone()
  await server.later(QUARTER * 10, async () => {
    expect(await laptop.api.devices.list.query()).toHaveLength(2)
    expect((await laptop.post('/api/auth/sign-out', {})).status).toBe(200)
    expect(await phone.api.devices.list.query()).toHaveLength(1)
  })
})

test('a proof keeps the device and its id, and kills every copy of the old cookie', async () => {
  const { laptop } = await laptopAndPhone()
  const { id } = await laptop.api.session.current.query()
  const thief = server.browser()
  thief.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect((await thief.api.session.current.query()).id).toBe(id)

  const answer = await prove(laptop)
  expect(await answer.json()).toEqual({ status: true })
  expect((await laptop.api.session.current.query()).id).toBe(id)
  expect(await laptop.api.devices.list.query()).toHaveLength(2)
  expect(await codeOf(thief.api.session.current.query())).toBe('UNAUTHORIZED')
  expect(server.audits().at(-1)).toMatchObject({
    event: 'reauthentication',
    result: 'ok',
    sessionId: id,
    ipAddress: '127.0.0.1',
  })
})

test('a wrong password proves nothing, is audited, and can be tried ten times in a session', async () => {
  const { laptop, id } = await laptopAndPhone()
  const before = new Map(laptop.jar)
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const answer = await prove(laptop, 'not the password')
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'INVALID_PASSWORD' })
  }
  expect(server.audits().at(-1)).toMatchObject({ event: 'reauthentication', result: 'refused' })
  expect(laptop.jar).toEqual(before)
  const limited = await prove(laptop)
  expect(limited.status).toBe(429)
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
  // The password change shares the count: it is as good for guessing.
  const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, once more` }
  expect((await laptop.post('/api/auth/change-password', change)).status).toBe(429)
  await server.later(QUARTER, async () =>
    expect(await codeOf(laptop.api.devices.revoke.mutate({ id }))).toBe('FORBIDDEN'),
  )
})

test('nobody proves anything without a session', async () => {
  expect((await prove(server.browser())).status).toBe(401)
  const { laptop, phone, id } = await laptopAndPhone()
  await laptop.api.devices.revoke.mutate({ id })
  expect((await prove(phone)).status).toBe(401)
})

test('a password change is a proof as well', async () => {
  const { laptop, id } = await laptopAndPhone()
  await server.later(QUARTER, async () => {
    const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, once more` }
    expect((await laptop.post('/api/auth/change-password', change)).status).toBe(200)
    expect(await laptop.api.devices.revoke.mutate({ id })).toEqual({ revoked: 0 }) // it has ended already
  })
})

test('limit: a new secret whose way back from Redis breaks is known to nobody, so that this device signs in again', async () => {
  const { laptop, phone, id } = await laptopAndPhone()
  let n = 1
  while ((await phone.request('/trpc/session.current')).status === 200) {
    const failing = failCommand(n, 'reply lost')
    const answer = await prove(phone)
    failing[Symbol.dispose]()
    // One of its commands is the rotation. Work in the background may have had its number: then it begins again.
    n = failing.reached() ? n + 1 : 1
    // A lost reply to what counts or touches does no harm; all others are an outage, and the cookie stays.
    if (answer.status !== 200)
      expect({ status: answer.status, cookies: answer.headers.getSetCookie() }).toEqual({ status: 503, cookies: [] })
  }
  expect(phone.jar.size).toBeGreaterThan(0)
  expect(await laptop.api.devices.revoke.mutate({ id })).toEqual({ revoked: 1 })
})
