import { IMPORTED_FROM, type Session, sessionIdIn } from '@rollcall/session-store'
import { z } from 'zod'
import { requestState } from '../request/request-state.js'

/** A session as better-auth knows it: a row of the model `session`. */
export type SessionRow = Record<string, unknown>

/** A row that better-auth wants to create. */
export const newSessionRow = z.looseObject({
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
  'signInMethod',
  'proofMethod',
  IMPORTED_FROM,
]

/** @param token The session id for none. */
export async function toRow(session: Session, token: string): Promise<SessionRow> {
  if (sessionIdIn(token) !== null) (await requestState()).tokens.add(token)
  const { id, userId, authenticatedAt, lastSeenAt, expiresAt, ipAddress, userAgent, data } = session
  return {
    ...applicationData(data),
    id,
    token,
    userId,
    createdAt: authenticatedAt, // what better-auth compares with its `freshAge`
    updatedAt: lastSeenAt,
    expiresAt,
    ipAddress,
    userAgent,
  }
}

/** The fields of a row that the application added. */
export function applicationData(row: Readonly<SessionRow>): SessionRow {
  return Object.fromEntries(
    Object.entries(row).filter(([field, value]) => !ownFields.includes(field) && value !== undefined),
  )
}
