import { commandInScript } from './scripts.js'

/**
 * Replies that no wait mends: the access list, the password, the type of a key, or a script is wrong. All others pass, such as those
 * of a full Redis, a replica, or a Cluster whose slots move.
 */
const REFUSALS =
  /^(?:NOPERM|NOAUTH|WRONGPASS|WRONGTYPE|CROSSSLOT|ERR (?!.*non local key)(?:unknown |wrong number |.*\bscript\b))/

/** The command that Redis refuses, in small letters; `null` if it refuses none. */
export function refusedCommand(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError' || !REFUSALS.test(error.message)) return null
  const [, digest = '', line] = /script: ([0-9a-f]{40}), on @user_script:(\d+)/.exec(error.message) ?? []
  const named = /'([\w|]+)' command|command '([\w|]+)'/.exec(error.message)
  return (named?.[1] ?? named?.[2] ?? commandInScript(digest, Number(line)) ?? sentCommand(error)).toLowerCase()
}

/** ioredis attaches it. */
function sentCommand(error: Error & { readonly command?: unknown }): string {
  const { name } = Object(error.command) as { readonly name?: unknown } // it is not part of the type
  return typeof name === 'string' ? name : 'unknown'
}
