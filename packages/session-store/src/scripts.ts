import { readFileSync } from 'node:fs'
import type { Cluster, ClientContext, Redis, Result } from 'ioredis'

type Argument = string | number | Buffer
/** How many keys, and the keys: the user's sessions, and the user's events where they are kept. */
export type Keys = readonly [1, sessions: string] | readonly [2, sessions: string, events: string]

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext> {
    /** How many, the keys, and the field of each. */
    rollcallLookUpBuffer(...args: [number, ...string[]]): Result<(Buffer | Error | null)[], Context>
    rollcallTime(...args: [1, key: string]): Result<number, Context>
    rollcallLowerWatermark(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallCreate(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallTouch(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallUpdate(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallRotate(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallRevoke(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallRevokeOthers(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallRevokeAll(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallNote(...args: [...Keys, ...Argument[]]): Result<number, Context>
    rollcallPrune(...args: [...Keys, ...Argument[]]): Result<string, Context>
    rollcallTake(...args: [...Keys, ...Argument[]]): Result<number, Context>
  }
}

const files = {
  rollcallLowerWatermark: 'lower-watermark',
  rollcallCreate: 'create',
  rollcallTouch: 'touch',
  rollcallUpdate: 'update',
  rollcallRotate: 'rotate',
  rollcallRevoke: 'revoke',
  rollcallRevokeOthers: 'revoke-others',
  rollcallRevokeAll: 'revoke-all',
  rollcallNote: 'note',
  rollcallPrune: 'prune',
  rollcallTake: 'take',
} as const

/** The source of a script in `lua/`; the folder lies beside both `src` and `dist`. */
function source(name: string): string {
  return readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), 'utf8')
}

const shared = source('record')
const sources = Object.fromEntries(
  Object.entries(files).map(([command, file]) => [command, `${shared}\n${source(file)}`]),
) as Record<keyof typeof files, string> // the keys are those of `files`

export function scriptSource(command: keyof typeof files): string {
  return sources[command]
}

/** Teaches the client the store's scripts. ioredis sends a digest, and the source when Redis lost it. */
export function defineScripts(redis: Redis | Cluster): void {
  for (const [command, lua] of Object.entries(sources)) redis.defineCommand(command, { lua })
  // These read no record, and begin with their flags, in front of which nothing may stand.
  redis.defineCommand('rollcallLookUp', { lua: source('look-up') })
  redis.defineCommand('rollcallTime', { lua: source('time') })
}
