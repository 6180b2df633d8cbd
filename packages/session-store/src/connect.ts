import type { Cluster, Redis } from 'ioredis'
import { defineScripts } from './scripts.js'
import { superviseClient } from './supervise.js'

/** What each part of this package does to the client that it is given. A second call changes nothing. */
export function prepareClient(redis: Redis | Cluster): void {
  superviseClient(redis)
  defineScripts(redis)
}
