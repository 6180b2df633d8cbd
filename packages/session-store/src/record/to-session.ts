import { deadlineOf, type SessionRecord } from './record.js'
import type { Session } from './session.js'

/** The session of a record, without its secret. */
export function toSession(id: string, record: SessionRecord): Session {
  return {
    id,
    userId: record.userId,
    createdAt: new Date(record.createdAt),
    lastSeenAt: new Date(record.lastSeenAt),
    authenticatedAt: new Date(record.authenticatedAt),
    expiresAt: new Date(deadlineOf(record)),
    ipAddress: record.ipAddress,
    userAgent: record.userAgent,
    data: record.data,
  }
}
