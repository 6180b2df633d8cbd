import { readFileSync } from 'node:fs'
import type { Cluster, ClientContext, Redis, Result } from 'ioredis'

type Argument = string | number | Buffer

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext> {
    rollcallCreate(key: string, ...args: Argument[]): Result<number, Context>
    rollcallTouch(key: string, ...args: Argument[]): Result<number, Context>
    rollcallUpdate(key: string, ...args: Argument[]): Result<number, Context>
    rollcallRotate(key: string, ...args: Argument[]): Result<number, Context>
    rollcallRevoke(key: string, ...args: Argument[]): Result<number, Context>
    rollcallRevokeOthers(key: string, ...args: Argument[]): Result<number, Context>
    rollcallRevokeAll(key: string, ...args: Argument[]): Result<number, Context>
  }
}

const files = {
  rollcallCreate: 'create',
  rollcallTouch: 'touch',
  rollcallUpdate: 'update',
  rollcallRotate: 'rotate',
  rollcallRevoke: 'revoke',
  rollcallRevokeOthers: 'revoke-others',
  rollcallRevokeAll: 'revoke-all',
} as const

/** The source of a script in `lua/`; the folder lies beside both `src` and `dist`. */
function source(name: string): string {
  return readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), 'utf8')
}

/** Teaches the client the store's scripts. ioredis sends a digest, and the source when Redis lost it. */
export function defineScripts(redis: Redis | Cluster): void {
  const shared = source('record')
  for (const [command, file] of Object.entries(files)) {
    redis.defineCommand(command, { numberOfKeys: 1, lua: `${shared}\n${source(file)}` })
  }
}
