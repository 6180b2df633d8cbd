import { MINUTE_MS } from '../durations.js'
import type { Log } from '../log.js'

export interface Sweep {
  /** Finishes what is under way. */
  close(): Promise<void>
}

const SWEEP_MS = 5 * MINUTE_MS

/** Deletes what has expired: now, and then every five minutes. Every server does; on an index, it costs next to nothing. */
export function startSweep(deleteExpired: () => Promise<void>, log: Log): Sweep {
  const sweep = (): Promise<void> =>
    deleteExpired().catch((error: unknown) => log.error({ err: error }, 'What has expired could not be deleted'))
  let running = sweep()
  const timer = setInterval(() => void (running = running.then(sweep)), SWEEP_MS).unref()
  return {
    async close() {
      clearInterval(timer)
      await running
    },
  }
}
