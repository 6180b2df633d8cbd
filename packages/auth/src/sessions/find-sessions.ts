import type { Session, SessionStore } from '@rollcall/session-store'
import type { Where } from '@better-auth/core/db/adapter'
import { z } from 'zod'
import { authenticate } from './authenticate.js'

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

/**
 * The valid sessions that the conditions select. Found by its user, a session has an empty token.
 *
 * @throws {UnsupportedQueryError} for other conditions than a token and a user.
 */
export async function findSessions(store: SessionStore, where: readonly Where[]): Promise<FoundSession[]> {
  const { tokens, userId, live } = selectorOf(where)
  if (!live) return []
  if (tokens === null) return (await store.list(userId)).map((session) => ({ session, token: '' }))
  const found = await Promise.all(tokens.map(async (token) => ({ token, session: await authenticate(store, token) })))
  return found.flatMap(({ token, session }) => {
    return session === null || (userId !== '' && session.userId !== userId) ? [] : [{ token, session }]
  })
}

export interface FoundSession {
  readonly session: Session
  readonly token: string
}

const tokenList = z.union([z.string().transform((token) => [token]), z.array(z.string())])

/** @throws {UnsupportedQueryError} for conditions other than a token and a user. */
export function selectorOf(where: readonly Where[]): Selector {
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
