import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessionAdmin } from '@rollcall/admin'
import type { Cluster, Redis } from 'ioredis'
import { bind } from '../bind.js'
import type { Settings } from '../settings/env.js'
import type { Log } from '../log.js'
import type { OnClose, ServiceOptions } from '../service-options.js'
import type { Metrics } from './metrics.js'
import { readStates, type StateSources } from './states.js'

interface Sources extends Omit<StateSources, 'operations'> {
  readonly metrics: Metrics | undefined
  readonly redis: Redis | Cluster
}

/**
 * Serves the metrics of a server, if a port is set for them.
 *
 * @returns The port, or `null`.
 * @throws {StartError} when the address is taken or unknown.
 */
export async function serveStates(
  { settings, log }: Pick<ServiceOptions, 'settings' | 'log'>,
  { metrics, redis, ...sources }: Sources,
  onClose: OnClose,
): Promise<number | null> {
  if (settings.metrics === undefined || metrics === undefined) return null
  const { operations } = createSessionAdmin({ redis, keyPrefix: settings.keyPrefix })
  const refresh = (): Promise<void> => readStates(metrics, { ...sources, operations })
  const { port, close } = await serveMetrics(settings.metrics, metrics, refresh, log)
  onClose(close)
  return port
}

interface Listener {
  readonly port: number
  close(): Promise<void>
}

/** `GET /metrics` on a port of its own, which the balancer in front of the pages does not lead to. */
async function serveMetrics(
  { host, port }: NonNullable<Settings['metrics']>,
  { registry }: Metrics,
  refresh: () => Promise<void>,
  log: Log,
): Promise<Listener> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return answer(response, 404)
    if (request.method !== 'GET') return answer(response, 405)
    refresh()
      .then(() => registry.metrics())
      .then(
        (text) => answer(response, 200, text, registry.contentType),
        (error: unknown) => {
          log.error({ err: error }, 'The metrics cannot be read')
          answer(response, 500)
        },
      )
  })
  await bind(server, { host, port }, { host: 'METRICS_HOST', port: 'METRICS_PORT' })
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port, not on a pipe
    async close() {
      const end = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await end
    },
  }
}

function answer(response: ServerResponse, status: number, text = '', type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(text)
}
