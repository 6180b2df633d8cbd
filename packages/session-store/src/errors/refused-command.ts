import { commandInScript } from '../scripts/scripts.js'

/**
 * Replies that no wait mends: the access list, the password, the type of a key, or a script is wrong. All others pass, such as those
 * of a full Redis, a replica, a script that somebody killed, or a Cluster whose slots move.
 */
const REFUSALS = new RegExp(
  [
    '^NOPERM|^NOAUTH|^WRONGPASS|^WRONGTYPE|^CROSSSLOT',
    '^ERR (?:[Uu]nknown |[Ww]rong number )',
    // The texts of scripts. Others that end with the name of the script are errors of its commands, which may pass.
    '^ERR (?:The user executing the script|ACL failure in script|This Redis command is not allowed|Error compiling script)',
    '^ERR (?:user_script:|Write commands are not allowed|Lua redis lib |Please specify |Script attempted to access keys )',
  ].join('|'),
)

/** The access list denies a key or a channel, not the command. Versions of Redis say it in different words. */
const DENIED = /\b(?:access (?:(?:at least )?one of the|a)|publish to the) (key|channel)/

export interface Refusal {
  /** In small letters. */
  readonly command: string
  readonly message: string
}

/** `undefined` if Redis refuses nothing. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError' || !REFUSALS.test(error.message)) return undefined
  const { name, source } = sentCommand(error)
  const [, digest = '', line] = /script: ([0-9a-f]{40}), on @user_script:(\d+)/.exec(error.message) ?? []
  const named = /'([\w|]+)' command|command '([\w|]+)'/.exec(error.message)
  const command = (named?.[1] ?? named?.[2] ?? commandInScript(digest, Number(line), source) ?? name).toLowerCase()
  const denied = DENIED.exec(error.message)?.[1]
  return { command, message: `Redis refuses ${denied === undefined ? '' : `a ${denied} to `}the command ${command}` }
}

/** ioredis attaches it. `source` is that of a script which came with its command. */
function sentCommand(error: Error & { readonly command?: unknown }) {
  const { name, args } = Object(error.command) as { readonly name?: unknown; readonly args?: unknown } // no part of the type
  const source: unknown = name === 'eval' && Array.isArray(args) ? args[0] : undefined
  return { name: typeof name === 'string' ? name : 'unknown', source: typeof source === 'string' ? source : undefined }
}
