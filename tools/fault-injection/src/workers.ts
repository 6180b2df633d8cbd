import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'
import { type ApiServer, authCall, type Seen, type SeenAuth, signed, trpcCalls } from '@rollcall/dev-servers'
import type { Call, Credential, SeenCall } from './history.js'
import type { Random } from './random.js'

const PASSWORD = 'correct horse battery staple'

/** The store ends the idlest session of someone who has 100: kept far enough away, so that nothing ends unasked. */
const MAX_SESSIONS = 60
/** A sign-in that a worker makes beside the API takes so long at most, in milliseconds. */
const LONGEST_SIGN_IN_MS = 50
/** Each may revoke once a second: many people, so that the limit is not all that answers. */
const MAX_PEOPLE = 60

/** Servers by their id in the history; the store of `create` has one too. */
export interface Workload {
  readonly servers: ReadonlyMap<number, ApiServer>
  readonly store: { readonly id: number; readonly store: SessionStore }
  readonly record: (call: Call) => void
  readonly people: Person[]
}

interface Person {
  readonly email: string
  readonly userId: string
  readonly devices: Device[]
  /** Possible passwords, the newest first, because a change without an answer may have happened. */
  readonly passwords: string[]
  /** Sessions that may live: those begun, without those that are known to have ended. */
  mayLive: number
}

interface Device extends Credential {
  readonly cookie: string
  /** The workers' beliefs. The checker has its own mind. */
  alive: boolean
}

export async function signUp(workload: Workload, random: Random): Promise<void> {
  const [server, api] = pickServer(workload, random)
  const email = `ada-${random.token()}@example.org`
  const seen = await authCall(api, 'sign-up', { email, password: PASSWORD, name: 'Ada' })
  const person: Person = { email, userId: seen.userId ?? email, devices: [], passwords: [PASSWORD], mayLive: 0 }
  if (seen.status === 200) workload.people.push(person)
  recordSignIn(workload, person, server, seen)
}

/** Does random actions one after another, until it is stopped. */
export async function work(workload: Workload, random: Random, isRunning: () => boolean): Promise<void> {
  const mix = random.weighted<(person: Person) => Promise<void>>([
    [20, (person) => create(workload, random, person)],
    [2, (person) => signIn(workload, random, person)],
    [1, () => (workload.people.length < MAX_PEOPLE ? signUp(workload, random) : Promise.resolve())],
    [25, (person) => callFromAnyDevice(workload, random, person, ['session.current'])],
    [10, (person) => callFromAnyDevice(workload, random, person, ['devices.list'])],
    [
      5,
      (person) => callFromAnyDevice(workload, random, person, ['session.current', 'devices.list', 'session.current']),
    ],
    [15, (person) => callFromAnyDevice(workload, random, person, ['devices.revoke'])],
    [
      2,
      (person) =>
        callFromAnyDevice(workload, random, person, ['devices.revoke', 'devices.revoke', 'devices.revokeOthers']),
    ],
    [2, (person) => callFromAnyDevice(workload, random, person, ['devices.revokeOthers'])],
    [1, (person) => callFromAnyDevice(workload, random, person, ['devices.revokeAll'])],
    [1, (person) => callFromAnyDevice(workload, random, person, ['devices.revoke', 'devices.revokeAll'])],
    [6, (person) => signOut(workload, random, person)],
    [2, (person) => changePassword(workload, random, person)],
  ])
  while (isRunning()) await mix()(random.of(workload.people))
}

/** At the end: checks each session that ever signed in, by its own cookie and in the list. */
export async function finalReads(workload: Workload, random: Random): Promise<void> {
  await Promise.all(
    workload.people.map(async (person) => {
      for (const device of person.devices)
        await callProcedures(workload, random, person, device, [{ kind: 'session.current' }])
      const lister = person.devices.find(({ alive }) => alive)
      if (lister) await callProcedures(workload, random, person, lister, [{ kind: 'devices.list' }])
    }),
  )
}

type ProcedureCall = Parameters<typeof trpcCalls>[2][number]

async function callFromAnyDevice(
  workload: Workload,
  random: Random,
  person: Person,
  kinds: ProcedureCall['kind'][],
): Promise<void> {
  const device = pickDevice(random, person)
  if (device === undefined) return
  const calls = kinds.map((kind) => {
    const target = kind === 'devices.revoke' ? pickDevice(random, person)?.session : undefined
    return target === undefined ? { kind } : { kind, target }
  })
  // One's own session is refused, and no call may name nobody.
  if (
    calls.some(({ kind, target }) => kind === 'devices.revoke' && (target === undefined || target === device.session))
  )
    return
  await callProcedures(workload, random, person, device, calls)
}

async function callProcedures(
  workload: Workload,
  random: Random,
  person: Person,
  device: Device,
  calls: ProcedureCall[],
): Promise<void> {
  const [server, api] = pickServer(workload, random)
  const known = person.devices.filter(({ alive }) => alive)
  const seen = await trpcCalls(api, device.cookie, calls)
  const ended = seen.flatMap((call) => {
    record(workload, person, server, call, device)
    return known.filter((other) => hasRevoked(call, device, other))
  })
  await recordRevoked(workload, random, person, ended)
}

/** The sessions that the answer says were revoked. */
function hasRevoked({ kind, status, target }: Seen, by: Device, other: Device): boolean {
  if (status === 401) return other === by
  if (status !== 200) return false
  return (
    (kind === 'devices.revoke' && other.session === target) ||
    (kind === 'devices.revokeOthers' && other.session !== by.session) ||
    kind === 'devices.revokeAll'
  )
}

/** Believes it, and tries one of them at once: a bug shows soonest there. */
async function recordRevoked(
  workload: Workload,
  random: Random,
  person: Person,
  ended: readonly Device[],
): Promise<void> {
  const revoked = [...new Set(ended)].filter(({ alive }) => alive)
  for (const device of revoked) device.alive = false
  person.mayLive -= revoked.length
  if (revoked.length > 0)
    await callProcedures(workload, random, person, random.of(revoked), [{ kind: 'session.current' }])
}

async function create(workload: Workload, random: Random, person: Person): Promise<void> {
  if (person.mayLive >= MAX_SESSIONS) return
  const { id: server, store } = workload.store
  const start = performance.now()
  const seen = { kind: 'create', start, cookie: undefined, userId: undefined } as const
  person.mayLive += 1
  try {
    const startedAt = await store.time()
    const begun = performance.now()
    await pause(random.below(LONGEST_SIGN_IN_MS)) // for a password change to overtake it
    const created = await store.create({ userId: person.userId, startedAt })
    const end = performance.now()
    recordSignIn(workload, person, server, {
      ...seen,
      begun,
      end,
      status: created ? 200 : 409,
      cookie: created ? signed(created.token) : undefined,
    })
  } catch (error) {
    if (!(error instanceof SessionStoreUnavailableError)) throw error
    record(workload, person, server, { ...seen, end: performance.now(), status: 503 })
  }
}

async function signIn(workload: Workload, random: Random, person: Person): Promise<void> {
  if (person.mayLive >= MAX_SESSIONS) return
  const [server, api] = pickServer(workload, random)
  person.mayLive += 1
  recordSignIn(
    workload,
    person,
    server,
    await withPassword(person, 401, (password) => authCall(api, 'sign-in', { email: person.email, password })),
  )
}

/** Tries what the password may be, until one is not refused as wrong. Another worker may change it meanwhile. */
export async function withPassword<T extends { readonly status: number | null }>(
  { passwords }: { readonly passwords: readonly string[] },
  wrong: number,
  attempt: (password: string) => Promise<T>,
): Promise<T> {
  const tried = new Set<string>()
  let next = passwords[0] ?? PASSWORD
  for (;;) {
    tried.add(next)
    const seen = await attempt(next)
    const other = passwords.find((password) => !tried.has(password))
    if (seen.status !== wrong || other === undefined) return seen
    next = other
  }
}

async function changePassword(workload: Workload, random: Random, person: Person): Promise<void> {
  const device = pickDevice(random, person)
  if (device === undefined) return
  const [server, api] = pickServer(workload, random)
  const known = person.devices.filter(({ alive }) => alive)
  const newPassword = `${PASSWORD} ${random.token()}`
  const change = (currentPassword: string) =>
    authCall(api, 'change-password', { currentPassword, newPassword }, device.cookie)
  const seen = await withPassword(person, 400, change)
  if (seen.status === null || seen.status === 200 || seen.status === 503) person.passwords.unshift(newPassword)
  recordSignIn(workload, person, server, seen, device)
  if (seen.status === 200) await recordRevoked(workload, random, person, known)
  else if (seen.status === 401) await recordRevoked(workload, random, person, [device])
}

async function signOut(workload: Workload, random: Random, person: Person): Promise<void> {
  const device = pickDevice(random, person)
  if (device === undefined) return
  const [server, api] = pickServer(workload, random)
  const seen = await authCall(api, 'sign-out', {}, device.cookie)
  record(workload, person, server, seen, device)
  if (seen.status === 200) await recordRevoked(workload, random, person, [device])
}

/** Records a call that may have brought a cookie, and keeps that. */
function recordSignIn(
  workload: Workload,
  person: Person,
  server: number,
  seen: SeenCall & Pick<SeenAuth, 'cookie'>,
  by?: Device,
): void {
  const cookie = seen.status === 200 ? seen.cookie : undefined
  if (cookie === undefined) return record(workload, person, server, seen, by)
  const session = decodeURIComponent(cookie).slice(22, 38) // of a token: after the user's tag, before the secret
  const made: Device = { session, generation: by ? by.generation + 1 : 0, cookie, alive: true }
  person.devices.push(made)
  record(workload, person, server, seen, by, made)
}

function record(
  workload: Workload,
  person: Person,
  server: number,
  seen: SeenCall,
  by?: Credential,
  made?: Credential,
): void {
  const credentialOf = ({ session, generation }: Credential): Credential => ({ session, generation })
  const { kind, start, begun, end, status, cleared, target, revoked, listed } = seen
  workload.record({
    kind,
    user: person.userId,
    server,
    start,
    end,
    status,
    ...(begun !== undefined && { begun }),
    ...(by && { by: credentialOf(by) }),
    ...(made && { made: credentialOf(made) }),
    ...(cleared && { cleared }),
    ...(target !== undefined && { target }),
    ...(revoked !== undefined && { revoked }),
    ...(listed && { listed }),
  })
}

/** Mostly one that is thought to live; one that has ended must stay so. */
function pickDevice(random: Random, { devices }: Person): Device | undefined {
  const living = devices.filter(({ alive }) => alive)
  const some = living.length > 0 && random.below(10) < 8 ? living : devices.slice(-20)
  return some.length > 0 ? random.of(some) : undefined
}

function pickServer({ servers }: Workload, random: Random): readonly [number, ApiServer] {
  return random.of([...servers])
}
