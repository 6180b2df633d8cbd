import type { Cluster, Redis } from 'ioredis'
import { defineScripts } from './scripts.js'
import { superviseClient } from './supervise.js'

/** Prepares a client for the store: each part of this package calls it, and a second call changes nothing. */
export function prepareClient(redis: Redis | Cluster): void {
  superviseClient(redis)
  defineScripts(redis)
}
