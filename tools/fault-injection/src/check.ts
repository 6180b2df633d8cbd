import type { Call, Credential, History, Kind } from './history.js'

export type Rule =
  /** A call passed, or a list showed a session, although it began after that session had surely ended. */
  | 'valid after its end'
  /** A session was refused, not listed or not there to revoke, although nothing could have ended it. */
  | 'vanished'
  /** A sign-in with the right password was refused, although no password change could have forbidden it. */
  | 'refused sign-in'
  /** The cookie was taken away by an answer that neither ended the session nor refused it as ended. */
  | 'cleared cookie'
  /** The answer is no success, and none of the refusals that this call may get: 401, 429, 503. */
  | 'unexpected answer'

const queries = new Set<Kind>(['session.current', 'devices.list'])

export interface Violation {
  readonly rule: Rule
  readonly call: Call
  /** The fact that the call contradicts. */
  readonly against?: Call
}

/** Their 200 means that the credential signs in. Sign-out answers 200 to anyone. */
const validated = new Set<Kind>([
  'session.current',
  'devices.list',
  'devices.revoke',
  'devices.revokeOthers',
  'devices.revokeAll',
  'change-password',
])

/**
 * Finds answers that are impossible if every call is one atomic step between its start and its end. If calls overlap, any
 * order that explains their answers is accepted.
 *
 * @param allowance Milliseconds for which queries may accept a session after its revocation was acknowledged.
 */
export function check(history: History, allowance = 0): Violation[] {
  const until = effectsUntil(history)
  return [...groupBy(history.calls, ({ user }) => user).values()].flatMap((calls) => [
    ...validAfterEnd(calls, allowance),
    ...vanished(calls, until),
    ...refusedSignIns(calls, until),
    ...calls
      .filter(({ cleared, kind, status }) => cleared && status !== 401 && !(status === 200 && endsOwn.has(kind)))
      .map(violates('cleared cookie')),
    ...calls.filter((call) => !isExpected(call)).map(violates('unexpected answer')),
  ])
}

/** 409: the credentials changed during a sign-in. 400: another change has replaced the password that was given. */
function isExpected({ kind, status }: Call): boolean {
  return (
    [200, 401, 429, 503, null].includes(status) ||
    (status === 409 && isSignIn(kind)) ||
    (status === 400 && kind === 'change-password')
  )
}

const isSignIn = (kind: Kind): boolean => kind === 'sign-in' || kind === 'create'

const endsOwn = new Set<Kind>(['sign-out', 'devices.revokeAll'])

const violates =
  (rule: Rule) =>
  (call: Call): Violation => ({ rule, call })

function validAfterEnd(calls: readonly Call[], allowance: number): Violation[] {
  const creations = creationsOf(calls)
  const ends = new Map<string, Call>()
  const recordEnd = (subject: string, call: Call): void => {
    const known = ends.get(subject)
    if (known === undefined || endOf(call) < endOf(known)) ends.set(subject, call)
  }
  for (const call of calls) {
    for (const subject of endedBy(call, creations)) recordEnd(subject, call)
  }
  return calls.flatMap((call) => {
    const before = (ended: Call | undefined, allowed: number): ended is Call =>
      ended !== undefined && endOf(ended) + allowed < call.start
    const passed = passedBy(call).map((subject) => ends.get(subject))
    const against =
      passed.find((ended) => before(ended, queries.has(call.kind) ? allowance : 0)) ??
      shownBy(call)
        .map((subject) => ends.get(subject))
        .find((ended) => before(ended, 0))
    return against === undefined ? [] : [{ rule: 'valid after its end' as const, call, against }]
  })
}

/** Whatever has surely ended by the end of the call: sessions by their id, or single credentials. */
function endedBy(call: Call, creations: Creations): string[] {
  const { kind, status, by, target, listed } = call
  // Only a session that was acknowledged before the call began was surely there for it.
  const others = (spared: string | undefined, knownSince = endOf): string[] => {
    return [...creations.sessions]
      .filter(([id, creation]) => id !== spared && knownSince(creation) < call.start)
      .map(([id]) => id)
  }
  if (status === 401) return by && validated.has(kind) ? [credentialKey(by)] : []
  if (status !== 200) return []
  switch (kind) {
    case 'sign-out':
      return by ? [credentialKey(by)] : []
    case 'devices.revoke':
      return target === undefined ? [] : [target] // be it that it ended one, or that there was none
    case 'devices.revokeOthers':
      return others(by?.session)
    case 'devices.revokeAll':
      return others(undefined)
    case 'change-password':
      return [
        ...others(by?.session, (creation) => creation.begun ?? endOf(creation)),
        ...(by ? [credentialKey(by)] : []),
      ]
    case 'devices.list':
      return others(undefined).filter((id) => !listed?.includes(id))
    case 'sign-up':
    case 'sign-in':
    case 'create':
    case 'session.current':
      return []
  }
}

/** The credentials that the call passed with; a credential implies its session. */
function passedBy({ kind, status, by }: Call): string[] {
  return status === 200 && by && validated.has(kind) ? [credentialKey(by), by.session] : []
}

/** Whatever the call found alive besides. */
function shownBy({ status, target, revoked, listed = [] }: Call): string[] {
  return status === 200 ? [...listed, ...(target !== undefined && revoked === 1 ? [target] : [])] : []
}

function vanished(calls: readonly Call[], until: (call: Call) => number): Violation[] {
  const creations = creationsOf(calls)
  const revocations = calls.filter((call) => mayRevoke(call))
  const reported = new Set<string>()
  return calls.flatMap((call) => {
    for (const { session, creation } of foundDeadBy(call, creations)) {
      const explained = revocations.some(
        (revocation) =>
          revocation !== call &&
          mayRevokeSession(revocation, session) &&
          revocation.start < endOf(call) &&
          until(revocation) > creation.start,
      )
      if (explained || reported.has(session)) continue
      reported.add(session)
      return [{ rule: 'vanished' as const, call, against: creation }]
    }
    return []
  })
}

/** Sessions that were acknowledged before the call, which did not find them. */
function foundDeadBy(call: Call, creations: Creations): { session: string; creation: Call }[] {
  const { kind, status, by, target, revoked, listed } = call
  const before = (creation: Call | undefined): creation is Call =>
    creation !== undefined && endOf(creation) < call.start
  if (status === 401 && by && validated.has(kind)) {
    const creation = creations.credentials.get(credentialKey(by))
    return before(creation) ? [{ session: by.session, creation }] : []
  }
  if (status !== 200) return []
  const missing = listed ? [...creations.sessions.keys()].filter((id) => !listed.includes(id)) : []
  if (target !== undefined && revoked === 0) missing.push(target)
  return missing.flatMap((session) => {
    const creation = creations.sessions.get(session)
    return before(creation) ? [{ session, creation }] : []
  })
}

/** Refused calls do nothing; every other one may have done all that it was asked for. */
function mayRevoke({ kind, status }: Call): boolean {
  const refused = status !== null && status >= 400 && status < 500
  return !refused && (kind === 'sign-out' || kind === 'change-password' || kind.startsWith('devices.revoke'))
}

function mayRevokeSession({ kind, by, target }: Call, session: string): boolean {
  if (kind === 'sign-out') return by?.session === session
  if (kind === 'devices.revoke') return target === session
  if (kind === 'devices.revokeOthers') return by?.session !== session
  // Its own secret ends by a password change; two at once from one session end that session as well.
  return true
}

function refusedSignIns(calls: readonly Call[], until: (call: Call) => number): Violation[] {
  const changes = calls.filter((call) => call.kind === 'change-password' && mayRevoke(call))
  return (
    calls
      .filter(({ kind, status }) => isSignIn(kind) && (status === 401 || status === 409))
      // The watermark is in whole milliseconds and refuses what began in its own one, and in the next when it has just been set.
      .filter((call) => !changes.some((change) => change.start < endOf(call) && until(change) + 2 > call.start))
      .map(violates('refused sign-in'))
  )
}

/**
 * The time until which a call may still take effect. A call that was answered with success has taken effect by then. One that
 * was answered 503, or not at all, may have left commands on their way. A Redis that hangs runs them when it goes on, long after
 * the server gave up, and even if the server is dead. The server sent them before it answered or died, on a connection that was
 * open by then. Once Redis has closed that connection, they have run or never will. An open connection may still deliver them,
 * so there is no such time.
 */
function effectsUntil({ servers, connections }: History): (call: Call) => number {
  const deaths = new Map(servers.map(({ id, ended }) => [id, ended ?? Infinity]))
  const byServer = groupBy(connections, ({ server }) => server)
  return (call) => {
    if (call.status === 200) return endOf(call)
    const sent = call.end ?? deaths.get(call.server) ?? Infinity
    const closings = (byServer.get(call.server) ?? [])
      .map(({ opened, closed }) => ({ opened, closed: closed ?? Infinity }))
      .filter(({ opened, closed }) => opened < sent && closed > call.start)
    return Math.max(sent, ...closings.map(({ closed }) => closed))
  }
}

interface Creations {
  /** The first acknowledgement of each session. */
  readonly sessions: ReadonlyMap<string, Call>
  readonly credentials: ReadonlyMap<string, Call>
}

function creationsOf(calls: readonly Call[]): Creations {
  const made = calls
    .flatMap((call) => (call.made ? [{ call, made: call.made }] : []))
    .toSorted((a, b) => endOf(b.call) - endOf(a.call))
  return {
    sessions: new Map(made.map(({ call, made }) => [made.session, call])), // the last entry counts, which is the earliest
    credentials: new Map(made.map(({ call, made }) => [credentialKey(made), call])),
  }
}

function credentialKey({ session, generation }: Credential): string {
  return `${session}/${generation}`
}

function endOf({ end }: Call): number {
  return end ?? Infinity
}

function groupBy<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
