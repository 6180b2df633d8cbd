import { clientHintsOf } from '@rollcall/devices'
import { type Session, type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'
import { hasRequestState, tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'
import type { DBAdapter, DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { APIError } from 'better-auth/api'
import { z } from 'zod'
import { type Audit, auditEvent } from './audit.js'
import { authenticate } from './authenticate.js'
import { currentSession, replaceCookies, superseded, unauthorized } from './current-session.js'
import { sessionDeviceFor } from './known-devices.js'
import { readableAddress } from './ip-address.js'
import { MAX_TEXT, requestState } from './request-state.js'

/** A session as better-auth knows it: a row of the model `session`. */
type Row = Record<string, unknown>

const newRow = z.looseObject({
  userId: z.string(),
  expiresAt: z.date(),
  ipAddress: z.string().nullish(),
  userAgent: z.string().nullish(),
})

/** Set by the store, or by better-auth for a row in SQL; everything else is data of the application. */
const ownFields = [
  'id',
  'token',
  'userId',
  'createdAt',
  'updatedAt',
  'expiresAt',
  'ipAddress',
  'userAgent',
  'clientHints',
  'device',
]

export type SessionModel = Pick<
  DBTransactionAdapter,
  | 'create'
  | 'findOne'
  | 'findMany'
  | 'count'
  | 'update'
  | 'updateMany'
  | 'delete'
  | 'deleteMany'
  | 'consumeOne'
  | 'incrementOne'
>

/**
 * The model `session` of better-auth on the session store. Sessions are found by token or by user, never by their id alone. A
 * session that is found by its user has no token to give away.
 */
export function sessionModel(store: SessionStore, users: Pick<DBAdapter, 'findOne'>, audit: Audit): SessionModel {
  async function findSessions(where: Where[]): Promise<{ session: Session; token: string }[]> {
    const { tokens, userId, live } = selectorOf(where)
    if (!live) return []
    if (tokens === null) return (await store.list(userId)).map((session) => ({ session, token: '' }))
    const found = await Promise.all(tokens.map(async (token) => ({ token, session: await authenticate(store, token) })))
    return found.flatMap(({ token, session }) => {
      return session === null || (userId !== '' && session.userId !== userId) ? [] : [{ token, session }]
    })
  }

  async function rowsOf(where: Where[], join: object | undefined, limit = Number.POSITIVE_INFINITY): Promise<Row[]> {
    const found = (await findSessions(where)).slice(0, limit)
    if (!(join !== undefined && 'user' in join)) return found.map(({ session, token }) => toRow(session, token))
    return Promise.all(
      found.map(async ({ session, token }) => ({
        ...toRow(session, token),
        user: await userOf(session),
      })),
    )
  }

  /** better-auth takes a session whose user it cannot read for none. That would answer an outage of the database with 401. */
  async function userOf({ userId }: Session): Promise<unknown> {
    try {
      return await users.findOne({ model: 'user', where: [{ field: 'id', value: userId }] })
    } catch (error) {
      return rejectAsUnavailable(error)
    }
  }

  async function revokeWhere(where: Where[]): Promise<number> {
    const { tokens, userId } = selectorOf(where)
    if (tokens === null) {
      const ended = await store.revokeAll(userId)
      if (path() === '/admin/revoke-user-sessions')
        await auditEvent(audit, { event: 'revoke-all', result: 'ok', userId, ended })
      return ended
    }
    const found = await findSessions(where)
    const ended = await Promise.all(
      found.map(async ({ session: { id, userId } }) => {
        const signOut = isSignOut()
        const count = await store.revoke(userId, id, signOut ? { by: id } : {})
        ;(await requestState()).signedIn.delete(id)
        if (signOut) await auditEvent(audit, { event: 'sign-out', result: 'ok', userId, sessionId: id, ended: count })
        return count
      }),
    )
    return ended.reduce<number>((sum, one) => sum + one, 0)
  }

  /** The session under a new secret, where better-auth would make another and let the device lose its place. */
  async function rotateCurrent(token: string): Promise<Row> {
    const rotated = await store.rotate(token)
    const session = rotated && (await store.validate(rotated.token, { strict: true }))
    if (rotated === null || session === null) throw unauthorized() // revoked meanwhile: nothing brings it back
    await replaceCookies(rotated.token)
    return toRow(session, rotated.token)
  }

  // The casts below are better-auth's contract: the caller names the type of the row that it gets.
  return {
    create: <T, R = T>({ data }: { data: Omit<T, 'id'> }) =>
      rejectUnavailable(async () => {
        const { userId, ipAddress, userAgent, expiresAt, ...rest } = newRow.parse(data)
        const current = currentSession(replacesCurrentSession)
        if (current?.userId === userId) return (await rotateCurrent(current.token)) as R

        const { startedAt: starting, signedIn, browser } = await requestState()
        const startedAt = await starting
        // An admin who acts as somebody else brings no device of theirs.
        const device = browser !== null &&
          !rest['impersonatedBy'] && { device: await sessionDeviceFor(users, browser, userId) }
        const headers: unknown = tryGetCurrentAuthEndpointContext()?.headers
        const created = await store.create({
          userId,
          ipAddress: readableAddress(ipAddress?.slice(0, MAX_TEXT)),
          userAgent: userAgent?.slice(0, MAX_TEXT) || null,
          data: { ...applicationData(rest), ...(headers instanceof Headers && clientHintsOf(headers)), ...device },
          ...(startedAt && { startedAt }),
          endsBy: expiresAt,
        })
        if (created === null) throw superseded()
        if (await hasRequestState()) signedIn.set(created.session.id, created.session)
        else await auditEvent(audit, { event: 'sign-in', result: 'ok', userId, sessionId: created.session.id })
        return toRow(created.session, created.token) as R
      }),

    findOne: <T>({ where, join }: { where: Where[]; join?: object | undefined }) =>
      rejectUnavailable(async () => ((await rowsOf(where, join))[0] ?? null) as T | null),

    findMany: <T>({
      where = [],
      limit,
      join,
    }: {
      where?: Where[] | undefined
      limit?: number | undefined
      join?: object | undefined
    }) => rejectUnavailable(async () => (await rowsOf(where, join, limit)) as T[]),

    count: ({ where = [] }) => rejectUnavailable(async () => (await findSessions(where)).length),

    update: <T>({ where, update }: { where: Where[]; update: Row }) =>
      rejectUnavailable(async () => {
        const [found] = await findSessions(where)
        if (found === undefined) return null
        const session = await store.update(found.token, applicationData(update))
        return (session && toRow(session, found.token)) as T | null
      }),

    updateMany: ({ where, update }) =>
      rejectUnavailable(async () => {
        const found = await findSessions(where)
        const updated = await Promise.all(found.map(({ token }) => store.update(token, applicationData(update))))
        return updated.filter((session) => session !== null).length
      }),

    delete: ({ where }) => rejectUnavailable(async () => void (await revokeWhere(where))),
    deleteMany: ({ where }) => rejectUnavailable(() => revokeWhere(where)),

    consumeOne: <T>({ where }: { where: Where[] }) =>
      rejectUnavailable(async () => {
        const [row] = await rowsOf(where, undefined)
        return (row !== undefined && (await revokeWhere(where)) > 0 ? row : null) as T | null
      }),

    incrementOne: () => {
      throw new UnsupportedQueryError('a counter')
    },
  }
}

const path = (): string | undefined => tryGetCurrentAuthEndpointContext()?.path

function isSignOut(): boolean {
  return ['/sign-out', '/multi-session/revoke'].includes(path() ?? '')
}

/** When a second factor is turned on or off, better-auth makes a session in place of the current one. */
function replacesCurrentSession(at: string | undefined): boolean {
  return at?.startsWith('/two-factor/') ?? false
}

/** A plugin of better-auth asked for sessions in a way that one hash per user cannot answer. */
export class UnsupportedQueryError extends Error {
  override readonly name = 'UnsupportedQueryError'
  constructor(what: string) {
    super(`Rollcall cannot look up sessions by ${what}: only by token or by user`)
  }
}

interface Selector {
  /** `null`: every session of the user. */
  readonly tokens: readonly string[] | null
  /** Empty when only tokens are named. */
  readonly userId: string
  /** False when expired sessions are asked for: there are none. */
  readonly live: boolean
}

const tokenList = z.union([z.string().transform((token) => [token]), z.array(z.string())])

function selectorOf(where: readonly Where[]): Selector {
  let tokens: readonly string[] | null = null
  let userId = ''
  let live = true
  for (const { field, value, operator = 'eq', connector = 'AND' } of where) {
    if (connector !== 'AND' && where.length > 1) throw new UnsupportedQueryError(`${field} in an OR`)
    if (field === 'token' && (operator === 'eq' || operator === 'in')) tokens = tokenList.parse(value)
    else if (field === 'userId' && operator === 'eq') userId = z.string().parse(value)
    else if (field === 'expiresAt' && (operator === 'gt' || operator === 'gte')) continue
    else if (field === 'expiresAt' && (operator === 'lt' || operator === 'lte')) live = false
    else throw new UnsupportedQueryError(`${field} (${operator})`)
  }
  if (live && tokens === null && userId === '') throw new UnsupportedQueryError('nothing')
  return { tokens, userId, live }
}

function toRow(session: Session, token: string): Row {
  const { id, userId, createdAt, lastSeenAt, expiresAt, ipAddress, userAgent, data } = session
  return {
    ...applicationData(data),
    id,
    token,
    userId,
    createdAt,
    updatedAt: lastSeenAt,
    expiresAt,
    ipAddress,
    userAgent,
  }
}

function applicationData(row: Readonly<Row>): Row {
  return Object.fromEntries(
    Object.entries(row).filter(([field, value]) => !ownFields.includes(field) && value !== undefined),
  )
}

/** Records an outage in the state of the request, even if better-auth ignores it. */
export async function rejectUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SessionStoreUnavailableError)) throw error
    return rejectAsUnavailable(error)
  }
}

async function rejectAsUnavailable(cause: unknown): Promise<never> {
  ;(await requestState()).outage = true
  throw unavailableError(cause)
}

export function unavailableError(cause?: unknown): APIError {
  const error = new APIError('SERVICE_UNAVAILABLE', {
    code: 'SESSION_STORE_UNAVAILABLE',
    message: 'Sign-in is out of order for the moment. Please try again.',
  })
  error.cause = cause
  return error
}
