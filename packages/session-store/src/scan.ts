import type { Cluster, Redis } from 'ioredis'
import { isCluster, mastersOf } from './cluster.js'
import { rejectUnavailable } from './errors.js'
import { runIdOf } from './run-id.js'

/** Slots of the table of keys that Redis visits in one step. */
const SCAN_COUNT = 1_000

export interface ScannedKeys {
  /** By their names in Redis. Redis may report a key more than once. */
  readonly keys: readonly string[]
  /** Of all masters, counted from 0. */
  readonly master: number
  /** About how many keys of this master have been visited so far. */
  readonly visited: number
}

/** Visits every key that begins and ends with these texts, on every master, in bounded batches. */
export async function* scanOnce(
  redis: Redis | Cluster,
  before: string,
  behind: string,
  count = SCAN_COUNT,
): AsyncGenerator<ScannedKeys, void> {
  const pattern = `${escapePattern(before)}*${escapePattern(behind)}`
  for (const [master, node] of mastersOf(redis).entries()) {
    let visited = 0
    let cursor = '0'
    do {
      const [next, keys] = await rejectUnavailable(node.scan(cursor, 'MATCH', pattern, 'COUNT', count))
      visited += count
      yield { keys, master, visited }
      cursor = next
    } while (cursor !== '0')
  }
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
