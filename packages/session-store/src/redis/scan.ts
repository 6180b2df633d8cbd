import type { Cluster, Redis } from 'ioredis'
import { isCluster, mastersOf } from './cluster.js'
import { rejectUnavailable } from '../errors/errors.js'
import { runIdOf } from './run-id.js'

/** Slots of the table of keys that Redis visits in one step. */
const SCAN_COUNT = 1_000

/** Visits every key that begins and ends with these texts, on one master after the other. Gives their names in Redis. */
export async function* scanOnce(
  redis: Redis | Cluster,
  before: string,
  behind: string,
): AsyncGenerator<string[], void> {
  for (const master of mastersOf(redis)) yield* scanMaster(master, before, behind)
}

/** The same for one master, in bounded batches. Redis may report a key more than once. */
export async function* scanMaster(
  master: Redis,
  before: string,
  behind: string,
  count = SCAN_COUNT,
): AsyncGenerator<string[], void> {
  const pattern = `${escapePattern(before)}*${escapePattern(behind)}`
  let cursor = '0'
  do {
    const [next, keys] = await rejectUnavailable(master.scan(cursor, 'MATCH', pattern, 'COUNT', count))
    yield keys
    cursor = next
  } while (cursor !== '0')
}

/**
 * Identifies the masters, the start of each server and the owner of each slot. If it is the same before and after a scan, the
 * scan has missed no key. A cursor means nothing to another server, and a slot may move behind it. `null` while a slot moves.
 */
export async function topologyOf(redis: Redis | Cluster): Promise<string | null> {
  const masters = await Promise.all(mastersOf(redis).map(async (node) => rejectUnavailable(describeMaster(node))))
  const text = masters.toSorted().join('\n')
  return isCluster(redis) && text.includes('[') ? null : text
}

async function describeMaster(node: Redis): Promise<string> {
  const runId = await runIdOf(node)
  const info = await node.info('cluster')
  if (!info.includes('cluster_enabled:1')) return runId
  const own = String(await node.cluster('NODES'))
    .split('\n')
    .find((line) => line.includes('myself'))
  // After the id: flags, times and slots; moving slots stand in brackets.
  return `${runId} ${own?.split(' ').slice(8).join(' ') ?? ''}`
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)
}
