/** What one cache may hold, in bytes; the users who were asked for longest ago make room. */
const MOST_BYTES = 32 * 1024 * 1024
/** Bytes that an entry takes beside its record, measured. */
const OVERHEAD = 640

/** `null` while the answer is awaited. */
interface Entry {
  record: Buffer | null
}

/** Records by user, since a change is told of all sessions of a user at once. */
export class Memory {
  /** In the order in which they were last asked for. */
  readonly #users = new Map<string, Map<string, Entry>>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get(key: string, sessionId: string): Buffer | undefined {
    const sessions = this.#users.get(key)
    const record = sessions?.get(sessionId)?.record
    if (sessions === undefined || !record) return undefined
    // Nobody needs to make room before long: then the order is not worth what it costs.
    if (this.#bytes > MOST_BYTES / 2) {
      this.#users.delete(key)
      this.#users.set(key, sessions)
    }
    return record
  }

  /**
   * To be called before the question is sent. The function that is returned takes the answer, and keeps it if
   * nothing has been forgotten since: what changed in the meantime may be younger than the answer.
   */
  expect(key: string, sessionId: string): (record: Buffer | null) => void {
    const entry: Entry = { record: null }
    this.#remove(key, sessionId)
    const sessions = this.#users.get(key) ?? new Map<string, Entry>()
    this.#users.set(key, sessions.set(sessionId, entry))
    this.#bytes += sizeOf(entry)

    return (record) => {
      if (this.#users.get(key)?.get(sessionId) !== entry) return
      if (record === null) return this.#remove(key, sessionId)
      // A copy of its own size: as received, it would keep alive all that has come with it.
      entry.record = Buffer.from(Uint8Array.prototype.slice.call(record).buffer)
      this.#bytes += record.length
      for (const [idlest] of this.#users) {
        if (this.#bytes <= MOST_BYTES) break
        this.forget(idlest)
      }
    }
  }

  forget(key: string): void {
    for (const entry of this.#users.get(key)?.values() ?? []) this.#bytes -= sizeOf(entry)
    this.#users.delete(key)
  }

  clear(): void {
    this.#users.clear()
    this.#bytes = 0
  }

  #remove(key: string, sessionId: string): void {
    const sessions = this.#users.get(key)
    const entry = sessions?.get(sessionId)
    if (sessions === undefined || entry === undefined) return
    this.#bytes -= sizeOf(entry)
    sessions.delete(sessionId)
    if (sessions.size === 0) this.#users.delete(key)
  }
}

function sizeOf({ record }: Entry): number {
  return OVERHEAD + (record?.length ?? 0)
}
