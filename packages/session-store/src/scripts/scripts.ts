import { createHash } from 'node:crypto'
import type { Cluster, ClientContext, Redis, Result } from 'ioredis'
import { luaScripts } from './lua.generated.js'

/** How many keys, and the keys: the user's sessions, and the user's events if the store records any. */
export type Keys = readonly [1, sessions: string] | readonly [2, sessions: string, events: string]
/** Milliseconds since the epoch; empty where the header of the script says what that means. */
type OptionalTime = number | ''
/** The arguments of an operation on several users: itself as JSON, the channel of all users, and the bounds of `createdBounds`. */
export type OperationArguments = readonly [operation: string, channel: string, createdBefore: number, latest: number]
/** The arguments, after the keys, of each script that revokes sessions. Each replies with a number. */
export interface RevocationArguments {
  readonly rollcallRevoke: [now: number, by: string, ...sessionIds: string[]]
  readonly rollcallRevokeSelected: [
    now: number,
    operation: string,
    notBefore: OptionalTime,
    createdBefore: OptionalTime,
    latest: OptionalTime,
    ...ids: string[],
  ]
  readonly rollcallRotate: [
    sessionId: string,
    secretHash: Buffer,
    newSecretHash: Buffer,
    now: number,
    changedAt: OptionalTime,
    authenticatedAt: OptionalTime,
    event: string,
    details: Buffer | '',
    newDetails: Buffer | '',
  ]
  readonly rollcallRevokeOthers: [sessionId: string, secretHash: Buffer, now: number]
  readonly rollcallRevokeAll: [
    now: number,
    changedAt: OptionalTime,
    by: string,
    event: string,
    eventDetails: Buffer | '',
  ]
}

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext> {
    /** How many keys, the keys, and the field of each. */
    rollcallLookUpBuffer(
      ...args: [count: number, ...keysAndFields: string[]]
    ): Result<(Buffer | Error | null)[], Context>
    rollcallTime(...args: [count: 1, key: string]): Result<number, Context>
    rollcallLowerWatermark(...args: [...keys: Keys, found: number, now: number]): Result<number, Context>
    rollcallCreate(
      ...args: [
        ...keys: Keys,
        sessionId: string,
        record: Buffer,
        now: number,
        startedAt: OptionalTime,
        maxSessions: number,
        lifetime: number,
        renewedSecretHash: Buffer | '',
      ]
    ): Result<number, Context>
    rollcallImport(
      ...args: [count: 2, sessions: string, imported: string, sessionId: string, record: Buffer, lifetime: number]
    ): Result<number, Context>
    rollcallRemoveUnchangedBuffer(
      ...args: [count: 2, sessions: string, exported: string, sessionId: string, record: Buffer, call: string]
    ): Result<Buffer | null, Context>
    rollcallTouch(
      ...args: [...keys: Keys, sessionId: string, now: number, idleTimeout: number, touchInterval: number]
    ): Result<number, Context>
    rollcallUpdate(
      ...args: [...keys: Keys, sessionId: string, secretHash: Buffer, now: number, details: Buffer, newDetails: Buffer]
    ): Result<number, Context>
    rollcallRotate(...args: [...keys: Keys, ...args: RevocationArguments['rollcallRotate']]): Result<number, Context>
    rollcallRevoke(...args: [...keys: Keys, ...args: RevocationArguments['rollcallRevoke']]): Result<number, Context>
    rollcallRevokeOthers(
      ...args: [...keys: Keys, ...args: RevocationArguments['rollcallRevokeOthers']]
    ): Result<number, Context>
    rollcallRevokeAll(
      ...args: [...keys: Keys, ...args: RevocationArguments['rollcallRevokeAll']]
    ): Result<number, Context>
    rollcallRevokeSelected(
      ...args: [...keys: Keys, ...args: RevocationArguments['rollcallRevokeSelected']]
    ): Result<number, Context>
    /** The fields and values of each hash, then how many sessions it leaves out. */
    rollcallReadManyBuffer(
      ...args: [count: 0, now: number, prefilter: string, ...sessions: string[]]
    ): Result<([...Buffer[], omitted: number] | Error)[], Context>
    rollcallRevokeSelectedOfMany(
      ...args: [count: 0, now: number, ...operation: OperationArguments, users: string]
    ): Result<(number | Error)[], Context>
    rollcallRevokeMatching(
      ...args: [
        count: 0,
        now: number,
        ...operation: OperationArguments,
        keep: string,
        prefilter: string,
        maxUsers: number,
        maxSessions: number,
        events: string,
        ...sessions: string[],
      ]
    ): Result<(number | [live: number, revoked: number] | Error)[], Context>
    rollcallRevokeCreatedBefore(
      ...args: [count: 0, now: number, createdBefore: number, latest: number, keep: string, ...sessions: string[]]
    ): Result<([live: number, revoked: number] | Error)[], Context>
    rollcallGlobalWatermark(...args: [count: 1, key: string]): Result<number, Context>
    rollcallRaiseGlobalWatermark(...args: [count: 1, key: string, mark: OptionalTime]): Result<number, Context>
    rollcallAppendEvent(
      ...args: [...keys: Keys, name: string, sessionId: string, details: Buffer]
    ): Result<number, Context>
    rollcallExpireSessions(...args: [...keys: Keys, now: number, cursor: string]): Result<string, Context>
    /** The id and the JSON of each. */
    rollcallReadEvents(...args: [count: 1, events: string, after: string, most: number]): Result<string[], Context>
    rollcallCheckEvents(...args: [count: 1, key: string]): Result<number, Context>
  }
}

const sources = {
  rollcallLookUp: luaScripts['look-up'],
  rollcallTime: luaScripts.time,
  rollcallLowerWatermark: luaScripts['lower-watermark'],
  rollcallCreate: luaScripts.create,
  rollcallImport: luaScripts.import,
  rollcallRemoveUnchanged: luaScripts['remove-unchanged'],
  rollcallTouch: luaScripts.touch,
  rollcallUpdate: luaScripts.update,
  rollcallRotate: luaScripts.rotate,
  rollcallRevoke: luaScripts.revoke,
  rollcallRevokeOthers: luaScripts['revoke-others'],
  rollcallRevokeAll: luaScripts['revoke-all'],
  rollcallRevokeSelected: luaScripts['revoke-selected'],
  rollcallReadMany: luaScripts['read-many'],
  rollcallRevokeSelectedOfMany: luaScripts['revoke-selected-of-many'],
  rollcallRevokeMatching: luaScripts['revoke-matching'],
  rollcallRevokeCreatedBefore: luaScripts['revoke-created-before'],
  rollcallGlobalWatermark: luaScripts['global-watermark'],
  rollcallRaiseGlobalWatermark: luaScripts['raise-global-watermark'],
  rollcallAppendEvent: luaScripts['append-event'],
  rollcallExpireSessions: luaScripts['expire-sessions'],
  rollcallReadEvents: luaScripts['read-events'],
  rollcallCheckEvents: luaScripts['check-events'],
} as const

/** The source of a script that writes even if it finds nothing to revoke, so that WAIT covers all that came before. */
export function writingSource(script: keyof RevocationArguments): string {
  return `${writeSource}\n${sources[script]}`
}

/** The source of a script that only writes, and leaves nothing behind. */
export const writeSource = luaScripts.write

/** The command in a line of a script: one of the store's, which Redis names by its digest, or one that was sent. */
export function commandInScript(digest: string, line: number, sent?: string): string | undefined {
  const script = sent ?? Object.values(sources).find((lua) => createHash('sha1').update(lua).digest('hex') === digest)
  return /redis\.p?call\('(\w+)'/.exec(script?.split('\n')[line - 1] ?? '')?.[1]
}

const prepared = new WeakSet<Redis | Cluster>()

/** Adds the store's scripts to the client as commands. ioredis sends a digest, and the source when Redis has lost it. */
export function defineScripts(redis: Redis | Cluster): void {
  if (prepared.has(redis)) return
  prepared.add(redis)
  for (const [command, lua] of Object.entries(sources)) redis.defineCommand(command, { lua })
}
