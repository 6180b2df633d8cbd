import { jsonOf, type SessionData, type SessionRecord } from './record.js'

/** Capacity of one cache, in bytes; it evicts the least recently used users. */
const MOST_BYTES = 32 * 1024 * 1024
/** Bytes that an entry takes beside its texts, measured. */
const OVERHEAD = 700

interface Entry {
  /** `null` while the answer is awaited. */
  record: SessionRecord | null
  bytes: number
}

/** Records by user, because one message invalidates all sessions of a user. */
export class Memory {
  /** In the order in which they were last asked for. */
  readonly #users = new Map<string, Map<string, Entry>>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get(userTag: string, sessionId: string): SessionRecord | null {
    const sessions = this.#users.get(userTag)
    const record = sessions?.get(sessionId)?.record
    if (sessions === undefined || !record) return null
    // Nobody needs to make room before long: then the order is not worth what it costs.
    if (this.#bytes > MOST_BYTES / 2) {
      this.#users.delete(userTag)
      this.#users.set(userTag, sessions)
    }
    return record
  }

  /**
   * To be called before the question is sent. The function that is returned takes the answer, and keeps it if
   * nothing has been forgotten since: what changed in the meantime may be younger than the answer.
   */
  expect(userTag: string, sessionId: string): (record: SessionRecord | null) => void {
    const entry: Entry = { record: null, bytes: OVERHEAD }
    this.#remove(userTag, sessionId)
    const sessions = this.#users.get(userTag) ?? new Map<string, Entry>()
    this.#users.set(userTag, sessions.set(sessionId, entry))
    this.#bytes += entry.bytes

    return (record) => {
      if (this.#users.get(userTag)?.get(sessionId) !== entry) return
      if (record === null) return this.#remove(userTag, sessionId)
      const kept = new KeptRecord(record)
      entry.record = kept
      entry.bytes += kept.bytes
      this.#bytes += kept.bytes
      for (const [idlest] of this.#users) {
        if (this.#bytes <= MOST_BYTES) break
        this.forget(idlest)
      }
    }
  }

  forget(userTag: string): void {
    for (const { bytes } of this.#users.get(userTag)?.values() ?? []) this.#bytes -= bytes
    this.#users.delete(userTag)
  }

  clear(): void {
    this.#users.clear()
    this.#bytes = 0
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

/** Is given to many: whoever changes the data changes only their own. */
class KeptRecord implements SessionRecord {
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
    return this.#json === '' ? {} : (JSON.parse(this.#json) as SessionData) // it was one a moment ago
  }

  /** Of its texts, at two for a character. The data are also in the text that the others are parts of. */
  get bytes(): number {
    return 2 * (this.userId.length + (this.ipAddress?.length ?? 0) + (this.userAgent?.length ?? 0) + 2 * this.#json.length)
  }
}
