// The same scenarios against better-auth on its own Redis storage and on Rollcall, each interleaving
// forced by holding commands on their way to Redis. Prints both columns: npm run compare:revocation
import { redisStorage } from '@better-auth/redis-storage'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { hashPassword, verifyPassword } from 'better-auth/crypto'
import { getMigrations } from 'better-auth/db/migration'
import type { Redis } from 'ioredis'
import { rollcall } from '../src/index.js'
import { answer, type Answer, browser, password, secret, startServer } from '../test/helpers.js'

type Person = ReturnType<typeof browser>

interface Contender {
  readonly redis: Redis
  readonly pid: number
  browser(): Person
  /** Does this browser's cookie still sign in? */
  alive(person: Person): Promise<boolean>
  revoke(by: Person, victim: Person): Promise<unknown>
  logOutOthers(by: Person): Promise<unknown>
  logOutEverywhere(by: Person): Promise<unknown>
  list(by: Person): Promise<string>
  /** Holds the check of a password, after its hash was read, until the promise resolves. */
  holdPasswordCheck(until: Promise<unknown>): Promise<void>
  lastResetToken(): string
  /** Time passes, until the last use is due to be written down. */
  activityIsDue(): void
  [Symbol.asyncDispose](): Promise<void>
}

const newPassword = 'a new password'

async function start(kind: 'stock' | 'rollcall'): Promise<Contender> {
  const base = await startServer()
  const { store, database, redis, http, origin, server } = base
  let resetToken = ''
  let hold: { until: Promise<unknown>; reached: () => void } | null = null
  const config: BetterAuthOptions = {
    baseURL: origin,
    secret,
    database: { db: database.kysely, type: database.type, transaction: true },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    emailAndPassword: {
      enabled: true,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: async ({ token }) => void (resetToken = token),
      password: {
        hash: hashPassword,
        async verify(given) {
          const held = hold
          hold = null
          held?.reached()
          await held?.until
          return verifyPassword(given)
        },
      },
    },
    ...(kind === 'stock'
      ? { secondaryStorage: redisStorage({ client: redis }), session: { updateAge: 0 } } // so that every get-session refreshes
      : { plugins: [rollcall({ store })] }),
  }
  await (await getMigrations(config)).runMigrations()
  const auth = betterAuth(config)
  answer(http, auth)
  const { authCookies } = await auth.$context

  const token = (person: Person) =>
    decodeURIComponent(person.jar.get(authCookies.sessionToken.name) ?? '').split('.')[0] ?? ''
  const idOf = (person: Person) => token(person).slice(22, 38)
  const userOf = async (person: Person) => (await store.validate(token(person)))?.userId ?? ''
  const stock = kind === 'stock'
  return {
    redis,
    pid: server.pid,
    browser: () => browser(origin, origin, { authenticate: async () => null }),
    alive: async (person) => (await person.get('/get-session?disableRefresh=true')).body !== null,
    revoke: async (by, victim) =>
      stock ? by.post('/revoke-session', { token: token(victim) }) : store.revoke(await userOf(by), idOf(victim)),
    logOutOthers: (by) => (stock ? by.post('/revoke-other-sessions') : store.revokeOthers(token(by))),
    logOutEverywhere: async (by) => (stock ? by.post('/revoke-sessions') : store.revokeAll(await userOf(by))),
    list: async (by) =>
      stock ? (await by.get('/list-sessions')).text : JSON.stringify(await store.list(await userOf(by))),
    holdPasswordCheck: (until) => new Promise((reached) => (hold = { until, reached })),
    lastResetToken: () => resetToken,
    activityIsDue: () => void (base.clock.offset += store.timeouts.touchInterval), // better-auth's own is due at once
    [Symbol.asyncDispose]: () => base[Symbol.asyncDispose](),
  }
}

/**
 * Passes commands on in whole rounds: when each of `parties` flows has one on its way. A flow may need fewer commands than
 * another, so a round also goes when no further command has come for a while.
 */
function lockstep(redis: Redis, parties: number): () => void {
  const original = redis.sendCommand
  let waiting: (() => void)[] = []
  let patience: NodeJS.Timeout | undefined
  const release = (): void => {
    clearTimeout(patience)
    const round = waiting
    waiting = []
    for (const go of round) go()
  }
  redis.sendCommand = function sendCommand(command, stream) {
    waiting.push(() => void original.call(redis, command, stream))
    clearTimeout(patience)
    if (waiting.length >= parties) release()
    else patience = setTimeout(release, 300)
    return command.promise
  }
  return () => {
    redis.sendCommand = original
    release()
  }
}

/** Holds the first command for which `which` is true. */
function holdCommand(redis: Redis, which: (name: string) => boolean) {
  const original = redis.sendCommand
  let go = (): void => undefined
  let reached = (): void => undefined
  const waiting = new Promise<void>((resolve) => (reached = resolve))
  redis.sendCommand = function sendCommand(command, stream) {
    if (!which(command.name)) return original.call(redis, command, stream)
    redis.sendCommand = original
    go = () => void original.call(redis, command, stream)
    reached()
    return command.promise
  }
  return { waiting, open: () => go() }
}

const isWrite = (name: string): boolean => /^(set|setex|evalsha|eval|del|hdel)$/.test(name)

async function people(t: Contender, count: number): Promise<Person[]> {
  const first = t.browser()
  await first.signUp('ada@example.org')
  const rest: Person[] = []
  for (let n = 1; n < count; n += 1) {
    const person = t.browser()
    await person.signIn('ada@example.org')
    rest.push(person)
  }
  return [first, ...rest]
}

const survivors = async (t: Contender, persons: readonly Person[]): Promise<number> =>
  (await Promise.all(persons.map((person) => t.alive(person)))).filter(Boolean).length

const signsIn = (count: number, of: number): string => `${count} of ${of} still signed in`

/** The observation, and whether a person who pressed the button would expect it. */
interface Outcome {
  readonly seen: string
  readonly holds: boolean
}

const scenarios: Record<string, (t: Contender) => Promise<Outcome>> = {
  'concurrent sign-ins, then log out other devices (#11073)': async (t) => {
    const [owner] = await people(t, 1)
    if (owner === undefined) throw new Error('unreachable')
    const others = [t.browser(), t.browser(), t.browser()]
    const free = lockstep(t.redis, others.length)
    await Promise.all(others.map((other) => other.signIn('ada@example.org')))
    free()
    await t.logOutOthers(owner)
    const left = await survivors(t, others)
    return { seen: signsIn(left, others.length), holds: left === 0 }
  },

  'every key but the sessions themselves is lost, then log out other devices (#11073)': async (t) => {
    const [owner, ...others] = await people(t, 3)
    if (owner === undefined) throw new Error('unreachable')
    for (const key of await t.redis.keys('*')) if (key.includes('active-sessions')) await t.redis.del(key)
    await t.logOutOthers(owner)
    const left = await survivors(t, others)
    return { seen: signsIn(left, others.length), holds: left === 0 }
  },

  'a refresh in flight while its session is revoked (#11073)': async (t) => {
    const [owner, phone] = await people(t, 2)
    if (owner === undefined || phone === undefined) throw new Error('unreachable')
    t.activityIsDue()
    const { waiting, open } = holdCommand(t.redis, isWrite)
    const refresh = phone.get('/get-session')
    await waiting
    await t.revoke(owner, phone)
    open()
    await refresh
    const left = await survivors(t, [phone])
    return { seen: signsIn(left, 1), holds: left === 0 }
  },

  'a sign-in that read the old password, finished after a reset (#11073)': async (t) => {
    await people(t, 1)
    const thief = t.browser()
    let proceed = (): void => undefined
    const checking = t.holdPasswordCheck(new Promise<void>((resolve) => (proceed = resolve)))
    const signIn = thief.signIn('ada@example.org')
    await checking
    await t.browser().post('/request-password-reset', { email: 'ada@example.org' })
    await t.browser().post('/reset-password', { newPassword, token: t.lastResetToken() })
    proceed()
    await signIn
    const left = await survivors(t, [thief])
    return { seen: left === 0 ? 'refused' : 'signed in with the old password', holds: left === 0 }
  },

  'log out other devices from two devices at once': async (t) => {
    const [laptop, phone] = await people(t, 2)
    if (laptop === undefined || phone === undefined) throw new Error('unreachable')
    const free = lockstep(t.redis, 2)
    await Promise.all([t.logOutOthers(laptop), t.logOutOthers(phone)])
    free()
    const left = await survivors(t, [laptop, phone])
    return { seen: signsIn(left, 2), holds: left < 2 }
  },

  'a password change, without better-auth’s flag': async (t) => {
    const [laptop, phone] = await people(t, 2)
    if (laptop === undefined || phone === undefined) throw new Error('unreachable')
    await laptop.post('/change-password', { currentPassword: password, newPassword })
    const left = await survivors(t, [phone])
    return { seen: signsIn(left, 1), holds: left === 0 }
  },

  'sign-out while Redis hangs (#11022)': async (t) => {
    const [laptop] = await people(t, 1)
    if (laptop === undefined) throw new Error('unreachable')
    const cookies = new Map(laptop.jar)
    process.kill(t.pid, 'SIGSTOP')
    let answer: Answer
    try {
      answer = await laptop.post('/sign-out')
    } finally {
      process.kill(t.pid, 'SIGCONT')
    }
    const cleared = laptop.jar.size === 0
    for (const [name, value] of cookies) laptop.jar.set(name, value)
    const alive = (await survivors(t, [laptop])) === 1
    const seen = `answers ${answer.status}${cleared ? ', clears the cookie' : ''}; the session ${alive ? 'lives' : 'ended'}`
    return { seen, holds: !(alive && answer.status === 200) }
  },

  'a request while Redis hangs': async (t) => {
    const [laptop] = await people(t, 1)
    if (laptop === undefined) throw new Error('unreachable')
    process.kill(t.pid, 'SIGSTOP')
    try {
      const { status, body } = await laptop.post('/update-user', { name: 'Grace' })
      return { seen: `answers ${status}${body === null ? ' null' : ''}`, holds: status === 503 }
    } finally {
      process.kill(t.pid, 'SIGCONT')
    }
  },

  'tokens of other devices in the list': async (t) => {
    const [laptop, phone] = await people(t, 2)
    if (laptop === undefined || phone === undefined) throw new Error('unreachable')
    const [cookie = ''] = [...phone.jar.values()]
    const leaks = (await t.list(laptop)).includes(decodeURIComponent(cookie).split('.')[0] ?? '')
    return { seen: leaks ? 'handed to the page' : 'none', holds: !leaks }
  },
}

const rows: string[][] = [['scenario', 'better-auth with redis-storage', 'Rollcall']]
let broken = 0
for (const [name, run] of Object.entries(scenarios)) {
  const cells: string[] = []
  for (const kind of ['stock', 'rollcall'] as const) {
    await using contender = await start(kind)
    const { seen, holds } = await run(contender)
    cells.push(`${holds ? 'holds' : 'BROKEN'}: ${seen}`)
    if (kind === 'rollcall' && !holds) broken += 1
  }
  rows.push([name, ...cells])
}
const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
process.exitCode = broken === 0 ? 0 : 1
