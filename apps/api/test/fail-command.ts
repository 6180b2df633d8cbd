import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { type Fault, failCommand as failCommandOf } from '@rollcall/dev-redis/faults'
import { Redis } from 'ioredis'

/** Which request the work that runs now follows from, counted from 1. */
const request = new AsyncLocalStorage<number>()
let requests = 0
subscribe('http.server.request.start', () => {
  requests += 1
  request.enterWith(requests)
})

/**
 * Fails the n-th command that a request from now on sends to Redis. What a server does by itself is not counted, such
 * as its clock and its sweeps. Nor is what earlier requests left to do. With them, another command would be the n-th at each try.
 */
export function failCommand(n: number, fault: Fault) {
  const before = requests
  return failCommandOf(Redis.prototype, n, fault, () => (request.getStore() ?? 0) > before)
}
