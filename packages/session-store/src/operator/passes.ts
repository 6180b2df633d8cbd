import type { Cluster, Redis } from 'ioredis'
import { mastersOf, nameInRedis, refreshSlots } from '../redis/cluster.js'
import { rejectUnavailable, SessionStoreUnavailableError } from '../errors/errors.js'
import { sessionsKey, userTagIn } from '../record/keys.js'
import { scanMaster, topologyOf } from '../redis/scan.js'
import { sum } from './sum.js'

export interface ScanStep<T> {
  readonly found: T
  /** Which pass through all keys this is: the second and later ones repeat the first. */
  readonly pass: number
  /** The share of this pass that is done, from 0 to 1; about. */
  readonly share: number
}

/** Milliseconds between two passes, at first and at most: a slot may take its time to move. */
const FIRST_PAUSE_MS = 50
const LAST_PAUSE_MS = 1_000
/** Milliseconds to wait between passes, in all. */
const GIVE_UP_AFTER_MS = 60_000

/** Slots of the Cluster kept moving, so that a scan may have missed keys. Everything it found is done; repeat it later. */
export class MovingSlotsError extends Error {
  override readonly name = 'MovingSlotsError'

  constructor() {
    super(
      'Slots of the Cluster kept moving: finish or cancel the migration (CLUSTER SETSLOT), then resume the operation',
    )
  }
}

/**
 * Called with the users that a step has found on a master. `postpone` asks for another pass, for users that it has left out.
 */
export type Visit<T> = (master: Redis, userTags: readonly string[], postpone: () => void) => Promise<T>

interface PassOptions<T> {
  readonly redis: Redis | Cluster
  readonly keyPrefix: string
  /** Keys that a step visits. */
  readonly batch: number
  readonly visit: Visit<T>
  /** Milliseconds to wait between passes, in all, for slots that move. Default: a minute. */
  readonly giveUpAfterMs?: number | undefined
}

/** Whether the keys of a script are on two nodes, because their slot moves. The client has repeated the script for a while. */
export function isSplit(error: unknown): boolean {
  return (
    error instanceof SessionStoreUnavailableError && /redirections.* (ASK|MOVED|TRYAGAIN) /.test(String(error.cause))
  )
}

/**
 * Passes through the keys of all users until none can have been missed, on one master after the other. All at once would be
 * faster, and validations on the same machines slower.
 *
 * @throws {MovingSlotsError}
 */
export async function* passThroughUsers<T>({
  redis,
  keyPrefix,
  batch,
  visit,
  giveUpAfterMs = GIVE_UP_AFTER_MS,
}: PassOptions<T>): AsyncGenerator<ScanStep<T>, void> {
  const clientPrefix = nameInRedis(redis, '')
  const [before = '', behind = ''] = nameInRedis(redis, sessionsKey(keyPrefix, '\n')).split('\n')
  let waitedMs = 0
  for (let pass = 1, pauseMs = FIRST_PAUSE_MS; ; pass += 1, pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
    await rejectUnavailable(refreshSlots(redis))
    const topology = await topologyOf(redis)
    const shareOf = await progressOf(redis)
    let isComplete = true
    const postpone = (): void => void (isComplete = false)
    for (const [at, master] of mastersOf(redis).entries()) {
      let visited = 0
      for await (const keys of scanMaster(master, before, behind, batch)) {
        visited += batch
        const userTags = keys.flatMap((key) => userTagIn(keyPrefix, key.slice(clientPrefix.length)) ?? [])
        // Also without a user: the caller may want to stop.
        yield { found: await visit(master, [...new Set(userTags)], postpone), pass, share: shareOf(at, visited) }
      }
    }
    if (isComplete && topology !== null && (await topologyOf(redis)) === topology) return
    if (waitedMs >= giveUpAfterMs) throw new MovingSlotsError()
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    waitedMs += pauseMs
  }
}

/** Which share of all keys a scan has visited, by the number of keys of each master when it began. */
async function progressOf(redis: Redis | Cluster) {
  const sizes = await Promise.all(mastersOf(redis).map(async (master) => rejectUnavailable(master.dbsize())))
  const total = Math.max(1, sum(sizes))
  return (master: number, visited: number): number =>
    (sum(sizes.slice(0, master)) + Math.min(visited, sizes[master] ?? 0)) / total
}
