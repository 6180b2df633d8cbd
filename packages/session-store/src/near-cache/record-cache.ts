import { jsonOf, type SessionData, type SessionRecord } from '../record/record.js'

/** Capacity of one cache; it evicts the least recently used users. */
const MAX_BYTES = 32 * 1024 * 1024
/** Bytes that an entry takes beside its texts, measured. */
const ENTRY_OVERHEAD_BYTES = 700

interface Entry {
  /** `null` until the read is committed. */
  record: SessionRecord | null
  bytes: number
}

/** Records by user, because one message invalidates all sessions of a user. */
export class RecordCache {
  /** Least recently used first. */
  readonly #users = new Map<string, Map<string, Entry>>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get(userTag: string, sessionId: string): SessionRecord | null {
    const sessions = this.#users.get(userTag)
    const record = sessions?.get(sessionId)?.record
    if (sessions === undefined || !record) return null
    // Below half of the capacity nothing will be evicted soon: the order is not worth its cost.
    if (this.#bytes > MAX_BYTES / 2) {
      this.#users.delete(userTag)
      this.#users.set(userTag, sessions)
    }
    return record
  }

  /**
   * Call it before the read is sent. The returned function commits what was read, unless it has been invalidated since: a
   * change in the meantime may be younger than the reply.
   */
  beginRead(userTag: string, sessionId: string): (record: SessionRecord | null) => void {
    const entry: Entry = { record: null, bytes: ENTRY_OVERHEAD_BYTES }
    this.#remove(userTag, sessionId)
    const sessions = this.#users.get(userTag) ?? new Map<string, Entry>()
    this.#users.set(userTag, sessions.set(sessionId, entry))
    this.#bytes += entry.bytes

    return (record) => {
      if (this.#users.get(userTag)?.get(sessionId) !== entry) return
      if (record === null) return this.#remove(userTag, sessionId)
      const cached = new CachedRecord(record)
      entry.record = cached
      entry.bytes += cached.bytes
      this.#bytes += cached.bytes
      this.#evict()
    }
  }

  invalidate(userTag: string): void {
    for (const { bytes } of this.#users.get(userTag)?.values() ?? []) this.#bytes -= bytes
    this.#users.delete(userTag)
  }

  clear(): void {
    this.#users.clear()
    this.#bytes = 0
  }

  #evict(): void {
    for (const [leastRecentlyUsed] of this.#users) {
      if (this.#bytes <= MAX_BYTES) return
      this.invalidate(leastRecentlyUsed)
    }
  }

  #remove(userTag: string, sessionId: string): void {
    const sessions = this.#users.get(userTag)
    const entry = sessions?.get(sessionId)
    if (sessions === undefined || entry === undefined) return
    this.#bytes -= entry.bytes
    sessions.delete(sessionId)
    if (sessions.size === 0) this.#users.delete(userTag)
  }
}

/** Many callers share one: each parses data of its own, so that none sees the changes of another. */
class CachedRecord implements SessionRecord {
  readonly secretHash: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly idleDeadline: number
  readonly absoluteDeadline: number
  readonly authenticatedAt: number
  readonly userId: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  /** Empty for no data. */
  readonly #json: string

  constructor(record: SessionRecord) {
    this.secretHash = record.secretHash
    this.createdAt = record.createdAt
    this.lastSeenAt = record.lastSeenAt
    this.idleDeadline = record.idleDeadline
    this.absoluteDeadline = record.absoluteDeadline
    this.authenticatedAt = record.authenticatedAt
    this.userId = record.userId
    this.ipAddress = record.ipAddress
    this.userAgent = record.userAgent
    this.#json = jsonOf(record.data)
  }

  get data(): SessionData {
    return this.#json === '' ? {} : (JSON.parse(this.#json) as SessionData) // the constructor made it of such data
  }

  /** The size of its texts, at two bytes a character. The data count twice: the other texts are parts of a string that holds them too. */
  get bytes(): number {
    return (
      2 * (this.userId.length + (this.ipAddress?.length ?? 0) + (this.userAgent?.length ?? 0) + 2 * this.#json.length)
    )
  }
}
