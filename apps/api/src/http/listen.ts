import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { bind } from '../bind.js'
import type { Settings } from '../settings/env.js'
import type { HttpEnv } from './http.js'

export interface Listener {
  readonly port: number
  /** Whether balancers should send new requests to another server. */
  isLeaving(): boolean
  /** From now on, asks each client to connect elsewhere, and still serves all of them. */
  leave(): void
  /** Accepts no more connections, and waits for the requests under way. */
  drain(): Promise<void>
}

/** Milliseconds without a request before a drain closes idle connections: a request may be on its way there. */
const IDLE_MS = 100

/**
 * The share of the drain that requests may take. The rest is for what comes after them: mail, events, connections.
 */
const REQUESTS_SHARE = 3 / 4

/** @throws {StartError} when the address is taken or unknown. */
export async function listen(settings: Settings, app: Promise<Hono<HttpEnv>>): Promise<Listener> {
  const server = createAdaptorServer({
    fetch: async (request, env) => (await app).fetch(request, env),
    // The first two count from the first byte of a request. An idle connection may stay open for longer.
    serverOptions: { headersTimeout: 15_000, requestTimeout: 30_000, keepAliveTimeout: settings.keepAliveMs },
  }) as Server // without the option createServer it is node:http's
  const answers = new Set<ServerResponse>()
  let [isLeaving, isDraining] = [false, false]
  let idle: NodeJS.Timeout | undefined

  // First of all listeners: the answer may be complete when the next one runs.
  server.prependListener('request', (_request, response) => {
    clearTimeout(idle)
    answers.add(response)
    if (isLeaving) response.setHeader('Connection', 'close')
    response.once('close', () => {
      answers.delete(response)
      closeIdle()
    })
  })
  await bind(server, settings, { host: 'HOST', port: 'PORT' })
  const address = server.address()

  function closeIdle(): void {
    clearTimeout(idle)
    if (!isDraining || answers.size > 0) return
    idle = setTimeout(() => void closeUnlessAsked(), IDLE_MS)
  }

  async function closeUnlessAsked(): Promise<void> {
    await turn() // on a busy machine the timer runs before a request is read that has long been here
    if (answers.size === 0) server.closeAllConnections()
  }

  function leave(): void {
    isLeaving = true
    for (const answer of answers) if (!answer.headersSent) answer.setHeader('Connection', 'close')
  }

  return {
    port: typeof address === 'object' && address !== null ? address.port : settings.port,
    isLeaving: () => isLeaving,
    leave,
    async drain() {
      leave()
      const end = once(server, 'close')
      await shortTurn()
      // The `close` of HTTP closes idle connections first, which takes long enough for a balancer to open one more.
      NetServer.prototype.close.call(server)
      const bound = setTimeout(() => server.closeAllConnections(), settings.drainMs * REQUESTS_SHARE)
      isDraining = true
      closeIdle()
      await end
      clearTimeout(idle)
      clearTimeout(bound)
    },
  }
}

/**
 * The kernel resets connections that it has accepted and we have not seen. Right after a short turn of the event loop there are
 * hardly any: within 0.1 ms, a busy balancer opens one in a hundred stops.
 */
async function shortTurn(): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const began = performance.now()
    await turn()
    if (performance.now() - began < 0.1) return
  }
}
