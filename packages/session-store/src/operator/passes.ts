import type { Cluster, Redis } from 'ioredis'
import { mastersOf, nameInRedis, refreshSlots } from '../cluster.js'
import { rejectUnavailable, SessionStoreUnavailableError } from '../errors.js'
import { sessionsKey, userTagIn } from '../keys.js'
import { scanMaster, topologyOf } from '../scan.js'

export interface ScanStep<T> {
  readonly found: T
  /** Which pass through all keys this is: the second and later ones repeat the first. */
  readonly pass: number
  /** The share of this pass that is done, from 0 to 1; about. */
  readonly share: number
}

/** Slots kept moving for that many passes: an administrator has to end that first. */
const MAX_PASSES = 20

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
  /** Keys of each master that a step visits. */
  readonly batch: number
  readonly visit: Visit<T>
}

/** Whether the keys of a script are on two nodes, because their slot moves. The client has repeated the script for a while. */
export function isSplit(error: unknown): boolean {
  return (
    error instanceof SessionStoreUnavailableError && /redirections.* (ASK|MOVED|TRYAGAIN) /.test(String(error.cause))
  )
}

/**
 * Passes through the keys of all users until none can have been missed. A step visits all masters at once, and has found one
 * result for each.
 *
 * @throws {MovingSlotsError}
 */
export async function* passThroughUsers<T>({
  redis,
  keyPrefix,
  batch,
  visit,
}: PassOptions<T>): AsyncGenerator<ScanStep<T[]>, void> {
  const clientPrefix = nameInRedis(redis, '')
  const [before = '', behind = ''] = nameInRedis(redis, sessionsKey(keyPrefix, '\n')).split('\n')
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    await rejectUnavailable(refreshSlots(redis))
    const topology = await topologyOf(redis)
    const shareOf = await progressOf(redis)
    let isComplete = true
    const postpone = (): void => void (isComplete = false)
    const scans = mastersOf(redis).map((master) => ({ master, pages: scanMaster(master, before, behind, batch) }))
    for (let visited = batch, isDone = false; !isDone; visited += batch) {
      const visits = await Promise.allSettled(
        scans.map(async ({ master, pages }) => {
          const page = await pages.next()
          if (page.done) return []
          const userTags = page.value.flatMap((key) => userTagIn(keyPrefix, key.slice(clientPrefix.length)) ?? [])
          return [await visit(master, [...new Set(userTags)], postpone)]
        }),
      )
      const found = visits.flatMap((done) => (done.status === 'fulfilled' ? done.value : []))
      isDone = found.length === 0
      // Also without a user: the caller may want to stop. And before an error: the other masters have done their part.
      if (!isDone) yield { found, pass, share: shareOf(visited) }
      throwFirst(visits)
    }
    if (isComplete && topology !== null && (await topologyOf(redis)) === topology) return
  }
  throw new MovingSlotsError()
}

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** Which share of all keys a scan has visited, by the number of keys of each master when it began. */
async function progressOf(redis: Redis | Cluster) {
  const sizes = await Promise.all(mastersOf(redis).map(async (master) => rejectUnavailable(master.dbsize())))
  const total = Math.max(1, sum(sizes))
  return (visited: number): number => sum(sizes.map((size) => Math.min(visited, size))) / total
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
