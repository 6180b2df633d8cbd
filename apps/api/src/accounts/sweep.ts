import { MINUTE_MS } from '../durations.js'
import type { Log } from '../log.js'

export interface Sweep {
  /** Finishes what is under way. */
  close(): Promise<void>
}

export const SWEEP_MS = 5 * MINUTE_MS

/** Tidies up now, and then every five minutes. Only a server does, for the settings of a command may be others. */
export function startSweep(tidyUp: () => Promise<void>, log: Log): Sweep {
  const sweep = (): Promise<void> =>
    tidyUp().catch((error: unknown) => log.error({ err: error }, 'Tidying up failed; it is repeated in five minutes'))
  let running = sweep()
  const timer = setInterval(() => void (running = running.then(sweep)), SWEEP_MS).unref()
  return {
    async close() {
      clearInterval(timer)
      await running
    },
  }
}
