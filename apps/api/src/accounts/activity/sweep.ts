import type { Logger } from 'pino'
import { MINUTE_MS } from '../../durations.js'

export interface Sweep {
  /** Finishes what is under way. */
  close(): Promise<void>
}

export const SWEEP_MS = 5 * MINUTE_MS

/**
 * Tidies up now, and then again and again, but not twice at a time. Only a server does, for the settings of a command may be
 * others.
 *
 * @param tidyUp Ends early if the signal aborts.
 * @param everyMs Milliseconds between two attempts. Default: five minutes.
 */
export function startSweep(
  tidyUp: (signal: AbortSignal) => Promise<void>,
  log: Pick<Logger, 'error'>,
  everyMs = SWEEP_MS,
): Sweep {
  const closing = new AbortController()
  let running: Promise<void> | undefined
  const sweep = (): void => {
    running ??= tidyUp(closing.signal)
      .catch((error: unknown) => log.error({ err: error }, 'Tidying up failed; it is repeated later'))
      .finally(() => (running = undefined))
  }
  sweep()
  const timer = setInterval(sweep, everyMs).unref()
  return {
    async close() {
      clearInterval(timer)
      closing.abort()
      await running
    },
  }
}
