import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { type Fault, failCommand, faults } from '@rollcall/dev-redis/faults'
import { admin } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Browser, password, startApp } from './helpers.js'

// Each revocation of the policy, with a failure injected at each command that it sends to Redis, one after the other. Either the
// answer is a success and the sessions are revoked, or it is 503 and every cookie stays.

let t: Awaited<ReturnType<typeof startApp>>
let boss: Browser
const resetTokens = new Map<string, string>()

beforeAll(async () => {
  t = await startApp({
    plugins: [admin()],
    user: { deleteUser: { enabled: true } },
    logger: { disabled: true },
    emailAndPassword: {
      enabled: true,
      sendResetPassword: async ({ user, token }) => void resetTokens.set(user.email, token),
      // Hundreds of sign-ins; what a password is hashed with is not looked at here.
      password: {
        hash: async (given) => `hashed ${given}`,
        verify: async ({ hash, password: given }) => hash === `hashed ${given}`,
      },
    },
  })
  boss = t.browser()
  await boss.signUp('boss@example.org')
  const where = [{ field: 'id', value: (await boss.session())?.userId ?? '' }]
  await t.adapter.update({ model: 'user', where, update: { role: 'admin' } })
})
afterAll(() => t[Symbol.asyncDispose]())

let people = 0

/** Someone on two devices, with a reset mail at hand. */
async function scene() {
  people += 1
  const email = `ada-${people}@example.org`
  const [laptop, phone] = [t.browser(), t.browser()]
  await laptop.signUp(email)
  await phone.signIn(email)
  await laptop.post('/request-password-reset', { email })
  const token = resetTokens.get(email)
  const tokens = { laptop: await laptop.token(), phone: await phone.token() }
  return { laptop, phone, tokens, token, userId: (await laptop.session())?.userId ?? '' }
}

type Scene = Awaited<ReturnType<typeof scene>>
type Device = keyof Scene['tokens']

const newPassword = 'a new password'

const revocations: Record<string, { ends: readonly Device[]; audit: string; act: (scene: Scene) => Promise<Answer> }> =
  {
    'sign-out': { ends: ['laptop'], audit: 'sign-out', act: ({ laptop }) => laptop.post('/sign-out') },
    // The token that the laptop had is dead too: it has a new one.
    'password change': {
      ends: ['laptop', 'phone'],
      audit: 'password-change',
      act: ({ laptop }) => laptop.post('/change-password', { currentPassword: password, newPassword }),
    },
    'password reset': {
      ends: ['laptop', 'phone'],
      audit: 'password-reset',
      act: ({ token }) => t.browser().post('/reset-password', { newPassword, token }),
    },
    'user deleted': {
      ends: ['laptop', 'phone'],
      audit: 'user-deleted',
      act: ({ laptop }) => laptop.post('/delete-user', { password }),
    },
    'user removed by an administrator': {
      ends: ['laptop', 'phone'],
      audit: 'user-deleted',
      act: ({ userId }) => boss.post('/admin/remove-user', { userId }),
    },
    'user banned': {
      ends: ['laptop', 'phone'],
      audit: 'user-banned',
      act: ({ userId }) => boss.post('/admin/ban-user', { userId }),
    },
    'password set by an administrator': {
      ends: ['laptop', 'phone'],
      audit: 'password-reset',
      act: ({ userId }) => boss.post('/admin/set-user-password', { userId, newPassword }),
    },
    'sessions ended by an administrator': {
      ends: ['laptop', 'phone'],
      audit: '',
      act: ({ userId }) => boss.post('/admin/revoke-user-sessions', { userId }),
    },
  }

async function alive({ tokens }: Scene, devices: readonly Device[]): Promise<Device[]> {
  const sessions = await Promise.all(
    devices.map(async (device) => ({ device, session: await t.store.validate(tokens[device] ?? '') })),
  )
  return sessions.flatMap(({ device, session }) => (session === null ? [] : [device]))
}

/** Whether the revocation sends as many as n commands. */
async function failsAt(n: number, fault: Fault, { ends, audit, act }: (typeof revocations)[string]): Promise<boolean> {
  const stage = await scene()
  const jars = [stage.laptop, stage.phone, boss].map(({ jar }) => new Map(jar))
  t.events.length = 0
  const failing = failCommand(t.redis, n, fault)
  const answer = await act(stage)
  failing[Symbol.dispose]()

  const at = `${fault}: ${n}, answered ${answer.status} ${answer.text}`
  if (answer.status === 200) {
    expect(await alive(stage, ends), at).toEqual([])
  } else {
    expect(answer, at).toMatchObject({ status: 503, setCookies: [] })
    expect(
      [stage.laptop, stage.phone, boss].map(({ jar }) => jar),
      at,
    ).toEqual(jars)
  }
  if (t.events.some(({ event, result }) => event === audit && result === 'ok')) {
    expect(await alive(stage, ends), `${at}, audited as done`).toEqual([])
  }
  if (!failing.reached()) expect(answer.status, at).toBe(200)
  return failing.reached()
}

test.each(Object.keys(revocations))(
  '%s: no failure at any of its commands gives a false success or a sign-out',
  async (name) => {
    const revocation = revocations[name]
    if (revocation === undefined) throw new Error('unreachable')
    for (const fault of faults) {
      let n = 1
      while (await failsAt(n, fault, revocation)) n += 1
      expect(n).toBeGreaterThan(2) // it looks up who asks, and ends
    }
  },
)

test('the audit says of an outage whether the change stays', async () => {
  const { laptop, userId } = await scene()
  for (const [step, change] of [
    ['revokeOthers', {}],
    ['rotate', { userId, isCommitted: true }],
  ] as const) {
    const original = t.store[step]
    Object.assign(t.store, { [step]: () => Promise.reject(new SessionStoreUnavailableError(new Error('no answer'))) })
    t.events.length = 0
    const answer = await laptop.post('/change-password', { currentPassword: password, newPassword })
    Object.assign(t.store, { [step]: original })
    expect(answer.status).toBe(503)
    const ipAddress = expect.any(String) as string
    expect(t.events.filter(({ result }) => result !== 'ok')).toEqual([
      { event: 'password-change', result: 'unavailable', ipAddress, ...change },
    ])
  }
})

test('a reset link whose password was written is not given back by an outage after that', async () => {
  const { token } = await scene()
  const { revokeAll } = t.store
  let calls = 0
  t.store.revokeAll = async (userId, options) => {
    calls += 1
    if (calls === 2) throw new SessionStoreUnavailableError(new Error('no answer')) // after the commit
    return revokeAll(userId, options)
  }
  const reset = async () => (await t.browser().post('/reset-password', { newPassword, token })).status
  expect(await reset()).toBe(503)
  t.store.revokeAll = revokeAll
  expect(await reset()).toBe(400)
})
