import { createOperatorLog, explainDatabaseErrors, readSettings, type Settings } from '@rollcall/api/operator'
import { openServices, type Services } from '@rollcall/api/services'

/** Nobody waits for a Redis that starts. */
const REDIS_TIMEOUT_MS = 2_000

/**
 * Runs a command with all services of a server, and closes them after it. It does no background work.
 *
 * @param level Of the log, on standard error. `info` has the audit lines too.
 */
export async function withServices(
  work: (services: Services, settings: Settings) => Promise<void>,
  level: 'info' | 'warn' = 'warn',
): Promise<void> {
  const settings = readSettings()
  const closing: (() => Promise<unknown>)[] = []
  const options = { settings, log: createOperatorLog(level), redisTimeoutMs: REDIS_TIMEOUT_MS }
  const baseUrl = settings.baseUrl ?? `http://localhost:${settings.port}`
  try {
    await explainDatabaseErrors(settings, async () =>
      work(await openServices(options, baseUrl, (close) => closing.push(close)), settings),
    )
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}
