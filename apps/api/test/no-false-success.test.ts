import { type Fault, faults } from '@rollcall/dev-redis/faults'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failCommand } from './fail-command.js'
import { type Browser, signed, signUpDevice, startServer, type TestServer, tokenOf } from './helpers.js'

// Each procedure that revokes sessions, and sign-out behind its limit, with a failure injected at each command that it sends to
// Redis. Either the answer is a success and the sessions are revoked, or it is 503.

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

interface Devices {
  readonly email: string
  laptop: Browser
  phone: Browser
  phoneId: string
}

const revocations: Record<
  string,
  { ends: readonly ('laptop' | 'phone')[]; act: (devices: Devices) => Promise<Response> }
> = {
  'devices.revoke': {
    ends: ['phone'],
    act: ({ laptop, phoneId }) => laptop.post('/trpc/devices.revoke', { id: phoneId }),
  },
  'devices.revokeMany': {
    ends: ['phone'],
    act: ({ laptop, phoneId }) => laptop.post('/trpc/devices.revokeMany', { ids: [phoneId] }),
  },
  'devices.revokeOthers': {
    ends: ['phone'],
    act: ({ laptop }) => laptop.post('/trpc/devices.revokeOthers', undefined),
  },
  'devices.revokeAll': {
    ends: ['laptop', 'phone'],
    act: ({ laptop }) => laptop.post('/trpc/devices.revokeAll', undefined),
  },
  'sign-out': { ends: ['laptop'], act: ({ laptop }) => laptop.post('/api/auth/sign-out', {}) },
}

async function signsIn(token: string): Promise<boolean> {
  const response = await server.send('/trpc/session.current', {
    headers: { cookie: `rollcall.session_token=${signed(token)}` },
  })
  expect([200, 401]).toContain(response.status)
  return response.status === 200
}

async function signIn({ email }: Pick<Devices, 'email'>): Promise<Browser> {
  const device = server.browser()
  await device.signIn(email)
  return device
}

/** Whether the revocation sends as many as n commands. */
async function failsAt(
  n: number,
  fault: Fault,
  { ends, act }: (typeof revocations)[string],
  devices: Devices,
): Promise<boolean> {
  if (!devices.laptop.jar.has('rollcall.session_token') || !(await signsIn(tokenOf(devices.laptop))))
    devices.laptop = await signIn(devices)
  if (!(await signsIn(tokenOf(devices.phone)))) devices.phone = await signIn(devices)
  devices.phoneId = (await devices.phone.api.session.current.query()).id
  const tokens = { laptop: tokenOf(devices.laptop), phone: tokenOf(devices.phone) }
  const audited = server.audits().length

  const failing = failCommand(n, fault)
  const response = await act(devices)
  failing[Symbol.dispose]()

  const at = `${fault}: ${n}, answered ${response.status} ${await response.text()}`
  const done = server
    .audits()
    .slice(audited)
    .some(({ result }) => result === 'ok')
  if (response.status === 200 || done) {
    for (const device of ends) expect(await signsIn(tokens[device]), `${at}: ${device}`).toBe(false)
  }
  if (response.status !== 200) {
    expect(response.status, at).toBe(503)
    expect(response.headers.getSetCookie(), at).toEqual([])
  }
  if (!failing.reached()) expect(response.status, at).toBe(200)
  return failing.reached()
}

const cases = Object.keys(revocations).flatMap((name) => faults.map((fault) => [name, fault] as const))

test.each(cases)('%s, %s: no false success and no sign-out, at whichever command it fails', async (name, fault) => {
  const revocation = revocations[name]
  if (revocation === undefined) throw new Error('unreachable')
  const laptop = await signUpDevice(server)
  const devices: Devices = { email: laptop.email, laptop, phone: await signIn(laptop), phoneId: '' }
  let n = 1
  while (await failsAt(n, fault, revocation, devices)) n += 1
  expect(n).toBeGreaterThan(3) // it looks up who asks, counts, and ends
})
