import { startRedis } from '@rollcall/dev-redis'
import { TRPCError } from '@trpc/server'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../../src/client/client.js'
import { ChallengeNeededError, RateLimitedError } from '../../src/errors.js'
import { type Charge, createLimits, type Limits } from '../../src/limits/limits.js'
import { Mailbox } from '../../src/limits/mailbox.js'

// Every limit as it is promised: how many pass, for how long the next one waits, and which ones a proof of work passes.

const [MINUTE_S, HOUR_S, DAY_S] = [60, 60 * 60, 24 * 60 * 60]
const client = new Client('2001:db8::1')
const mailbox = new Mailbox('ada@example.org')
const network = client.surroundings.home
if (network === null) throw new Error('An IPv6 address has a network around it')
const session = ['ada', 'laptop'] as const
const signedIn = ['ada', 'laptop', 'today'] as const

/** `requests` count whatever comes of them; `attempts` the wrong ones; `cleared` ones are forgotten after a right one. */
type Kind = 'requests' | 'attempts' | 'attempts with work' | 'cleared attempts'
type Name = Exclude<Charge[0], 'wrong-password:user'>

const rules: {
  readonly [N in Name]: readonly [kind: Kind, points: number, seconds: number, Charge & readonly [N, ...unknown[]]]
} = {
  auth: ['requests', 600, 15 * MINUTE_S, ['auth', client]],
  'sign-in:browser': ['attempts', 10, 15 * MINUTE_S, ['sign-in:browser', 'x']],
  'sign-in:account': ['attempts with work', 10, DAY_S, ['sign-in:account', 'x']],
  'sign-in:address': ['attempts with work', 50, 15 * MINUTE_S, ['sign-in:address', client]],
  'sign-in:home': ['attempts with work', 100, 15 * MINUTE_S, ['sign-in:home', network]],
  'sign-in:site': ['attempts with work', 200, 15 * MINUTE_S, ['sign-in:site', network]],
  'sign-up:address': ['attempts with work', 60, HOUR_S, ['sign-up:address', client]],
  'sign-up:home': ['attempts with work', 120, HOUR_S, ['sign-up:home', network]],
  'sign-up:site': ['attempts with work', 240, HOUR_S, ['sign-up:site', network]],
  'request-reset:address': ['attempts with work', 30, HOUR_S, ['request-reset:address', client]],
  'request-reset:home': ['attempts with work', 60, HOUR_S, ['request-reset:home', network]],
  'request-reset:site': ['attempts with work', 120, HOUR_S, ['request-reset:site', network]],
  challenge: ['attempts with work', 1, 10 * MINUTE_S, ['challenge', 'x']],
  'request-reset:email': ['attempts', 5, HOUR_S, ['request-reset:email', 'x']],
  'request-reset:first': ['attempts', 1, HOUR_S, ['request-reset:first', 'x']],
  'request-reset:mailbox': ['attempts', 5, HOUR_S, ['request-reset:mailbox', mailbox]],
  'reset-password:address': ['attempts', 30, HOUR_S, ['reset-password:address', client]],
  'secured-link:token': ['attempts', 5, HOUR_S, ['secured-link:token', 'x']],
  'sign-up-mail:first': ['attempts', 1, HOUR_S, ['sign-up-mail:first', mailbox]],
  'sign-up-mail:mailbox': ['attempts', 5, HOUR_S, ['sign-up-mail:mailbox', mailbox]],
  'password-changed:first': ['attempts', 1, HOUR_S, ['password-changed:first', 'x']],
  'password-changed:mailbox': ['attempts', 5, HOUR_S, ['password-changed:mailbox', mailbox]],
  'new-device:first': ['attempts', 1, HOUR_S, ['new-device:first', 'x']],
  'new-device:mailbox': ['attempts', 10, HOUR_S, ['new-device:mailbox', mailbox]],
  'new-device:address': ['attempts', 30, HOUR_S, ['new-device:address', client]],
  'proof:session': ['cleared attempts', 10, 30 * DAY_S, ['proof:session', ...signedIn]],
  'code:account': ['attempts', 10, HOUR_S, ['code:account', 'x']],
  'code:session': ['cleared attempts', 10, 30 * DAY_S, ['code:session', ...signedIn]],
  'code:once': ['attempts', 1, 2 * MINUTE_S, ['code:once', 'ada', '123456']],
  'mailed-code:user': ['attempts', 5, HOUR_S, ['mailed-code:user', 'x']],
  'rename:session': ['requests', 60, MINUTE_S, ['rename:session', ...session]],
  'language:session': ['requests', 60, MINUTE_S, ['language:session', ...session]],
  'account:session': ['requests', 60, MINUTE_S, ['account:session', ...session]],
  'history:session': ['requests', 300, MINUTE_S, ['history:session', ...session]],
  'account-data:session': ['requests', 20, HOUR_S, ['account-data:session', ...session]],
  'account-notice:first': ['attempts', 1, HOUR_S, ['account-notice:first', 'x']],
  'account-deleted:first': ['attempts', 1, HOUR_S, ['account-deleted:first', 'x']],
  'account-notice:mailbox': ['attempts', 5, HOUR_S, ['account-notice:mailbox', mailbox]],
  'email-change:first': ['attempts', 1, HOUR_S, ['email-change:first', 'ada', 'old']],
  'email-change:mailbox': ['attempts', 5, HOUR_S, ['email-change:mailbox', 'old', mailbox]],
  'email-change:session': ['requests', 10, HOUR_S, ['email-change:session', ...session]],
  'email-change:user': ['requests', 20, DAY_S, ['email-change:user', 'x']],
  'renamed:session': ['attempts', 30, DAY_S, ['renamed:session', ...session]],
  'confirm:session': ['requests', 60, MINUTE_S, ['confirm:session', ...session]],
  'revoke:session': ['requests', 60, MINUTE_S, ['revoke:session', ...session]],
  'admin:session': ['requests', 300, MINUTE_S, ['admin:session', ...session]],
  'admin-scan:session': ['requests', 30, MINUTE_S, ['admin-scan:session', ...session]],
  'csp-report:address': ['requests', 60, MINUTE_S, ['csp-report:address', client]],
}

let server: Awaited<ReturnType<typeof startRedis>>
let redis: Redis
let limits: Limits
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
  limits = createLimits(redis, ['a secret'])
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

test.each(Object.entries(rules))('%s', async (name, [kind, points, seconds, charge]) => {
  const attempt = (verdict: 'right' | 'wrong' | 'void') =>
    limits.within(
      [charge],
      async () => undefined,
      () => verdict,
    )
  const began = performance.now()
  const counted = kind === 'requests' ? 'right' : 'wrong'
  if (kind === 'attempts' || kind === 'cleared attempts') {
    for (let n = 1; n < points; n += 1) await attempt('wrong')
    await attempt('void')
    await attempt('right')
    if (kind === 'attempts') await attempt('wrong')
  }
  if (kind !== 'attempts') {
    await attempt('void') // an outage counts nowhere
    await Promise.all(Array.from({ length: points }, () => attempt(counted)))
  }
  const refusal: unknown = await attempt(counted).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(RateLimitedError)
  expect(refusal instanceof ChallengeNeededError).toBe(kind === 'attempts with work')
  const { limit, retryAfter } = refusal as RateLimitedError // as seen above
  expect(limit).toBe(name)
  expect(retryAfter).toBeLessThanOrEqual(seconds)
  const elapsed = Math.ceil((performance.now() - began) / 1_000)
  expect(retryAfter).toBeGreaterThanOrEqual(seconds - elapsed)
})

test('wrong passwords are tallied and not limited', async () => {
  const charge = ['wrong-password:user', 'ada', 'sign-in'] as const
  for (const count of [1, 2, 3]) expect(await limits.tally(charge)).toBe(count)
  const [key = ''] = await redis.keys('limit:wrong-password:user:*')
  expect(await redis.ttl(key)).toBeGreaterThan(DAY_S / 2)
  expect(await redis.ttl(key)).toBeLessThanOrEqual(DAY_S)
})

test('a limit counts each subject alone, under its own prefix, and stores no name of one', async () => {
  const named = createLimits(redis, ['a secret'], 'prefix:')
  for (const subject of ['grace@example.org', 'alan@example.org'])
    await named.within(
      [['password-changed:first', subject]],
      async () => undefined,
      () => 'wrong',
    )
  const keys = await redis.keys('prefix:*')
  expect(keys).toHaveLength(2)
  for (const key of keys) expect(key).toMatch(/^prefix:limit:password-changed:first:[\w-]{22}$/)
})

test.each([
  ['a request', ['rename:session', 'ada', 'session'], 60],
  ['an attempt', ['request-reset:email', 'ada@example.org'], 5],
] as const)(
  '%s counts on every server while the secret changes: none gives a second budget',
  async (_, charge, points) => {
    const lists = [['old'], ['old', 'new'], ['new', 'old'], ['new']] as const
    const within = (secrets: (typeof lists)[number]) =>
      createLimits(redis, secrets).within(
        [charge],
        async () => 'in',
        () => 'done',
      )
    for (const [n, earlier] of lists.entries())
      for (const later of lists.slice(n + 1, n + 2))
        for (const [one, other] of [
          [earlier, later],
          [later, earlier],
        ] as const) {
          await redis.flushall()
          for (let count = 0; count < points; count += 1) expect(await within(one)).toBe('in')
          await expect(within(other), `${one.join()}, then ${other.join()}`).rejects.toBeInstanceOf(RateLimitedError)
        }
  },
)

test('wrong passwords are tallied alike while the secret changes', async () => {
  const charge = ['wrong-password:user', 'grace', 'sign-in'] as const
  expect(await createLimits(redis, ['old']).tally(charge)).toBe(1)
  expect(await createLimits(redis, ['old', 'new']).tally(charge)).toBe(2)
  expect(await createLimits(redis, ['new']).tally(charge)).toBe(2)
})

test('a solution that was used before asks for another one of its level', async () => {
  const attempt = () => limits.within([], async () => 'in', undefined, { solution: { id: 'solved', level: 3 } })
  expect(await attempt()).toBe('in')
  await expect(attempt()).rejects.toMatchObject({ level: 3 })
})

test('work that refuses by an error counts as a request, and as no attempt', async () => {
  const refused = (charge: Charge) =>
    limits.within([charge], () => Promise.reject(new TRPCError({ code: 'BAD_REQUEST' }))).catch(nameOf)
  const nameOf = (error: Error) => error.name
  const names = async (charge: Charge) => {
    const all: string[] = []
    for (let n = 0; n < 11; n += 1) all.push(await refused(charge))
    return all
  }
  expect(await names(['sign-in:browser', 'refused'])).toEqual(Array(11).fill('TRPCError'))
  expect(await names(['email-change:session', 'ada', 'refused'])).toEqual([
    ...Array<string>(10).fill('TRPCError'),
    'RateLimitedError',
  ])
})
