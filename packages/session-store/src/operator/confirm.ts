import type { Cluster, Redis } from 'ioredis'
import { NotReplicatedError, rejectUnavailable, throwUnavailable } from '../errors/errors.js'
import { keysOn, mastersOf, nameOnNode, refreshSlots } from '../redis/cluster.js'
import { writeSource } from '../scripts/scripts.js'

const REPLICA_TIMEOUT_MS = 1_000
/** Slots that may move away from a master while it is asked. */
const MAX_REDIRECTIONS = 4

/**
 * Resolves once a replica of each master has all that the master has.
 *
 * WAIT covers everything up to the last write of its connection. That may be a new one: the earlier one broke, or another
 * process resumes the operation and finds nothing left to revoke. So this writes first.
 *
 * @param keyOf Gives a key for each number.
 * @throws {NotReplicatedError}
 */
export async function confirmReplicas(redis: Redis | Cluster, keyOf: (n: number) => string): Promise<void> {
  await rejectUnavailable(refreshSlots(redis))
  for (const master of mastersOf(redis)) {
    if (!(await writeTo(redis, master, keyOf))) continue
    if ((await rejectUnavailable(master.wait(1, REPLICA_TIMEOUT_MS))) === 0) throw new NotReplicatedError()
  }
}

/** False for a master without a slot: it has nothing that could be lost. */
async function writeTo(redis: Redis | Cluster, master: Redis, keyOf: (n: number) => string): Promise<boolean> {
  let redirected = 0
  for (const key of keysOn(redis, master, keyOf)) {
    const error = await errorOf(master.eval(writeSource, 1, nameOnNode(redis, master, key)))
    if (error === null) return true
    redirected += 1
    // After a redirection, the next key: it belongs to another slot.
    if (!/^(MOVED|ASK) /.test(error.message) || redirected > MAX_REDIRECTIONS) throwUnavailable(error)
  }
  return false
}

async function errorOf(reply: Promise<unknown>): Promise<Error | null> {
  return reply.then(
    () => null,
    (error: Error) => error,
  )
}
