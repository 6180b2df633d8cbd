import { setTimeout as pause } from 'node:timers/promises'
import { createAdmission } from '@rollcall/devices'
import type { Session, SessionChanges } from '@rollcall/session-store'

/** Milliseconds from a message until its stream reads: so one reading serves all messages of that time, and rows of SQL that follow. */
const SETTLE_MS = 250
/** Shorter than that: so no stream shows a reading that began before its message. */
const SHARED_MS = 200
/**
 * Milliseconds until a stream reads without a message. None comes from SQL, or about an operation whose process is gone, and
 * Redis may lose one.
 */
const REREAD_MS = 5_000

/** The parts of the page of administrators that follow what happens. */
export interface LiveViews {
  /**
   * Reads at first and after every change, until `signal`. The rights are confirmed after each reading, and every five seconds.
   * When this server shuts down, it ends after the first one at the earliest. Then the page opens another stream.
   *
   * @param topics The operations, or a user.
   * @throws {TooManyStreamsError} when this session or user has too many streams here. It also fails as `read` and
   * `confirmRights` do.
   */
  open<T>(
    topics: readonly ('operations' | { readonly userId: string })[],
    read: () => Promise<T>,
    viewer: Viewer,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void>
  /** How many are open. */
  size(): number
  /** Ends all of them. */
  close(): void
}

interface Viewer {
  readonly session: Session
  readonly confirmRights: () => Promise<void>
}

interface Options {
  readonly changes: Pick<SessionChanges, 'watch' | 'watchOperations'>
  /** Default: 5 s. */
  readonly rereadMs?: number | undefined
}

export function createLiveViews({ changes, rereadMs = REREAD_MS }: Options): LiveViews {
  const admit = createAdmission()
  const wakers = new Set<() => void>()
  let isClosed = false

  return {
    async *open(topics, read, { session, confirmRights }, signal) {
      const release = admit(session)
      let isStale = false
      let sleep = new AbortController()
      const wake = (): void => {
        isStale = true
        sleep.abort()
      }
      const unwatch = [...topics, session].map((topic) =>
        topic === 'operations' ? changes.watchOperations(wake) : changes.watch(topic.userId, wake),
      )
      signal?.addEventListener('abort', wake)
      wakers.add(wake)
      const isOver = (): boolean => isClosed || signal?.aborted === true
      let shown: string | undefined
      try {
        do {
          await pause(SETTLE_MS)
          isStale = false
          const view = await read()
          await confirmRights()
          const text = JSON.stringify(view)
          if (text !== shown) yield view
          shown = text
          sleep = new AbortController()
          if (!isStale && !isOver()) await pause(rereadMs, undefined, { signal: sleep.signal }).catch(() => undefined)
        } while (!isOver())
      } finally {
        for (const stop of unwatch) stop()
        signal?.removeEventListener('abort', wake)
        wakers.delete(wake)
        release()
      }
    },

    size: () => wakers.size,

    close() {
      isClosed = true
      for (const wake of wakers) wake()
    },
  }
}

/** One reading serves all streams that read at about the same time, whichever of them it is made for. */
export function shareReadings<Source, T>(read: (source: Source) => Promise<T>): (source: Source) => Promise<T> {
  let latest: { readonly since: number; readonly reading: Promise<T> } | undefined
  return (source) => {
    const now = performance.now()
    if (latest === undefined || now - latest.since >= SHARED_MS) latest = { since: now, reading: read(source) }
    return latest.reading
  }
}
