import { AsyncLocalStorage } from 'node:async_hooks'
import type { Audit } from '@rollcall/auth'
import { type DestinationStream, type Logger, pino } from 'pino'
import { outageIn } from './errors.js'

export type Log = Logger

/** The fields of every line about a request. */
export const requestScope = new AsyncLocalStorage<{ requestId: string }>()

const SECRETS = [
  'cookie',
  'set-cookie',
  'authorization',
  'token',
  'password',
  'newPassword',
  'currentPassword',
  'secret',
]

/** JSON lines. Nothing here is meant to be given a secret; what slips through under these names is struck out. */
export function createLog(to?: DestinationStream): Log {
  const options = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: (): { requestId?: string } => requestScope.getStore() ?? {},
    // A new object, for pino would write into the scope; and not two of them spread, which takes three times as long as the line.
    mixinMergeStrategy: (line: object, { requestId }: { requestId?: string }) => ({ requestId, ...line }),
    redact: SECRETS.flatMap((name) => ['', '*', '*.*'].map((above) => `${above}["${name}"]`)),
    serializers: { err: (error: unknown) => describe(error) },
  }
  return to === undefined ? pino(options) : pino(options, to)
}

/** One line per event that a person may have to account for later: who, which session, from where, result. */
export const auditTo =
  (log: Log, observe: Audit): Audit =>
  (event) => {
    observe(event)
    log.info({ audit: event }, 'audit')
  }

/**
 * A path as it may be logged: without its query and without the reset token that better-auth puts in one
 * of its paths.
 */
export function loggablePath(path: string): string {
  return path.replace(/(\/reset-password\/).+/, '$1:token').slice(0, 200)
}

/** Errors of drivers carry statements, arguments and addresses; only these parts are known to be harmless. */
function describe(error: unknown, depth = 0, underOutage = false): object {
  if (!(error instanceof Error)) return { message: typeof error }
  // In an outage, every request fails at the same few places. Stacks and what wraps the outage would fill the log and explain nothing.
  const outage = underOutage ? error : outageIn(error)
  const shown = outage ?? error
  const { name, message, stack, cause } = shown
  return {
    name,
    message,
    ...('code' in shown && { code: shown.code }),
    ...(outage === undefined && { stack }),
    ...(cause !== undefined && depth < 4 && { cause: describe(cause, depth + 1, outage !== undefined) }),
  }
}
