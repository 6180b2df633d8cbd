import type { Cluster, Redis } from 'ioredis'
import { mastersOf } from './cluster.js'

/**
 * ioredis writes each command to its socket by itself, and those writes cost more than everything else that
 * a command does. The function that is returned, called before a command, holds writes back until the event
 * loop has seen to all requests that have arrived: what they ask leaves in one write, in order.
 */
export function gatherer(redis: Redis | Cluster): () => void {
  let gathering = false
  return () => {
    if (gathering) return
    gathering = true
    const streams = mastersOf(redis).map(({ stream }) => stream)
    for (const stream of streams) stream?.cork()
    setImmediate(() => {
      gathering = false
      for (const stream of streams) stream?.uncork()
    })
  }
}
