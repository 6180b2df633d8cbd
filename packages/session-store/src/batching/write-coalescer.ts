import type { Cluster, Redis } from 'ioredis'
import { mastersOf } from '../redis/cluster.js'

/**
 * ioredis writes each command to its socket by itself, and those writes cost more than all else that a command does. Call
 * the returned function before a command: it corks the sockets until the event loop has handled all requests that have
 * arrived. Their commands then leave in one write, in order.
 */
export function createWriteCoalescer(redis: Redis | Cluster): () => void {
  let isCorked = false
  return () => {
    if (isCorked) return
    isCorked = true
    const streams = mastersOf(redis).map(({ stream }) => stream)
    for (const stream of streams) stream?.cork()
    setImmediate(() => {
      isCorked = false
      for (const stream of streams) stream?.uncork()
    })
  }
}
