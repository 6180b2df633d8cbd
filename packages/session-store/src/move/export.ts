import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { type Clock, systemClock } from '../record/clock.js'
import { prepareClient } from '../redis/connect.js'
import { rejectUnavailable } from '../errors/errors.js'
import { exportedKey, sessionsKey } from '../record/keys.js'
import { toSession } from '../record/to-session.js'
import { passThroughUsers } from '../operator/passes.js'
import { deadlineOf, decodeRecord } from '../record/record.js'
import type { Session } from '../record/session.js'
import { isSessionId, parseToken, userTagOf } from '../record/token.js'

export interface SessionExportOptions {
  /** The client of the store. */
  readonly redis: Redis | Cluster
  /** The clock of the store. Default: `Date.now`. */
  readonly clock?: Clock
  /** The key prefix of the store. Default: none. */
  readonly keyPrefix?: string
}

export interface ExportedSession extends Session {
  /** The SHA-256 of the secret of its token, in base64url. It recognizes the token, and signs nobody in. */
  readonly secretHash: string
  /** The session as Redis holds it, by which `remove` finds out whether it has changed. */
  readonly record: Buffer
}

/**
 * Moves sessions to another store. Their tokens stay in the cookies: here, and there, are only hashes.
 *
 * Every method rejects with `SessionStoreUnavailableError` when Redis gives no answer, and may be repeated.
 */
export interface SessionExport {
  /** All live sessions, in bounded batches. */
  batches(): AsyncGenerator<ExportedSession[], void>
  /**
   * Removes sessions from Redis, unless a server has revoked or changed them since they were read. Publishes nothing and appends
   * no event.
   *
   * @returns The sessions that it did not remove, each with the session as it is now: `null` if it has ended.
   */
  remove(sessions: readonly ExportedSession[]): Promise<Map<ExportedSession, ExportedSession | null>>
}

const USERS = 500
/** One batch is one transaction of the other store. */
const SESSIONS = 500

/** The `secretHash` of the session with this token; `null` for a text that cannot be a token. It proves nothing. */
export function secretHashIn(token: string): string | null {
  const parts = parseToken(token)
  return parts && toText(parts.secretHash)
}

export function createSessionExport(options: SessionExportOptions): SessionExport {
  const { redis, clock = systemClock, keyPrefix = '' } = options
  prepareClient(redis)

  /** `null` for bytes that are not a live session. */
  function toExported(id: string, bytes: Buffer): ExportedSession | null {
    const record = isSessionId(id) ? decodeRecord(bytes) : null
    if (record === null || deadlineOf(record) <= clock()) return null
    return { ...toSession(id, record), secretHash: toText(record.secretHash), record: bytes }
  }

  async function read(userTag: string): Promise<ExportedSession[]> {
    const fields = await rejectUnavailable(redis.hgetallBuffer(sessionsKey(keyPrefix, userTag)))
    return Object.entries(fields).flatMap(([id, bytes]) => toExported(id, bytes) ?? [])
  }

  async function removeUnchanged({ userId, id, record }: ExportedSession, call: string): Promise<Buffer | null> {
    const tag = userTagOf(userId)
    const keys = [2, sessionsKey(keyPrefix, tag), exportedKey(keyPrefix, tag)] as const
    return rejectUnavailable(redis.rollcallRemoveUnchangedBuffer(...keys, id, record, call))
  }

  return {
    async *batches() {
      const visit = async (_: Redis, userTags: readonly string[]) => (await Promise.all(userTags.map(read))).flat()
      for await (const { found } of passThroughUsers({ redis, keyPrefix, batch: USERS, visit })) {
        for (let at = 0; at < found.length; at += SESSIONS) yield found.slice(at, at + SESSIONS)
      }
    },

    async remove(sessions) {
      const call = randomUUID()
      const records = await Promise.all(sessions.map((session) => removeUnchanged(session, call)))
      const changed = sessions.flatMap((session, at) => {
        const record = records[at]
        return record ? [[session, toExported(session.id, record)] as const] : []
      })
      return new Map(changed)
    },
  }
}

function toText(secretHash: string): string {
  return Buffer.from(secretHash, 'latin1').toString('base64url')
}
