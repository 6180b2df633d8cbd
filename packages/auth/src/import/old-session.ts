import type { ImportedSession } from '@rollcall/session-store'
import { z } from 'zod'
import { readableAddress } from '../sessions/ip-address.js'
import { MAX_TEXT } from '../request/request-state.js'
import { applicationData } from '../sessions/session-row.js'

/** Nobody has decided what becomes of better-auth's own sessions, or its database cannot move them. */
export class OldSessionsError extends Error {
  override readonly name = 'OldSessionsError'
}

/** The storage in which better-auth held sessions before. */
export interface OldSessions {
  /** The row of a token, or none. */
  ofToken(token: string): Promise<OldRow[]>
  /** All rows, or those of a user, in bounded batches. */
  batches(userId?: string): AsyncGenerator<OldRow[]>
  /**
   * Removes the rows of these tokens, and calls `adopt` with those that were still there. If `adopt` rejects or the process
   * dies, a later call finds them again.
   */
  take<T>(tokens: readonly string[], adopt: (rows: OldRow[]) => Promise<T>): Promise<T>
}

export type OldRow = Readonly<Record<string, unknown>>

/** better-auth's tokens. Ours are longer. */
const oldToken = z.string().regex(/^[A-Za-z0-9]{32}$/)

export function isOldToken(token: string): boolean {
  return oldToken.safeParse(token).success
}

/** A record holds times from 1970 to 10889. The timeouts of the store come on top. */
const TOO_LATE = Date.UTC(10_000, 0)

const date = z
  .union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))])
  .refine((time) => time.getTime() >= 0 && time.getTime() < TOO_LATE)

const oldRow = z.looseObject({
  token: oldToken,
  userId: z.string().min(1).max(255),
  createdAt: date,
  updatedAt: date.nullish(),
  expiresAt: date,
  ipAddress: z.string().nullish(),
  userAgent: z.string().nullish(),
})

const DAY_MS = 24 * 60 * 60 * 1_000
/** The two times differ a little. better-auth reads the clock once for the deadline, and again for the creation. */
const SLACK_MS = 60_000

/** @throws {z.ZodError} for a row that is no session. */
export function readOldRow(row: OldRow): ImportedSession {
  const { token, userId, createdAt, updatedAt, expiresAt, ipAddress, userAgent, ...rest } = oldRow.parse(row)
  // "Remember me" is not in the row. Without it, better-auth lets a session live for a day and never prolongs it.
  const isRemembered = expiresAt.getTime() - createdAt.getTime() > DAY_MS + SLACK_MS
  return {
    token,
    userId,
    createdAt,
    lastSeenAt: updatedAt ?? createdAt,
    expiresAt,
    isProlonged: isRemembered && !rest['impersonatedBy'],
    ipAddress: readableAddress(ipAddress?.slice(0, MAX_TEXT)),
    userAgent: userAgent?.slice(0, MAX_TEXT) || null,
    data: applicationData(rest),
  }
}
