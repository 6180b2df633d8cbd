import type { Audit } from '@rollcall/auth'
import type { SessionStore } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import type { Auth } from './accounts/auth.js'
import type { Limits } from './limits/limits.js'
import { countAudit, createMetrics } from './metrics/metrics.js'
import { observeCommands, observeLimits, observeStore } from './metrics/observe.js'
import { traceAudit, traceAuth, traceCommands, traceStore } from './tracing/observe.js'
import { installedTracer } from './tracing/tracer.js'

/** Metrics if they are on, and spans if an SDK is loaded. Metrics and traces watch the same places. With neither, nothing is wrapped. */
export type Observer = ReturnType<typeof createObserver>

export function createObserver(isMeasured: boolean) {
  const metrics = isMeasured ? createMetrics() : undefined
  const tracer = installedTracer()
  return {
    metrics,
    tracer,
    watch(redis: Redis | Cluster): void {
      if (metrics) observeCommands(redis, metrics)
      if (tracer) traceCommands(redis, tracer)
    },
    store(store: SessionStore): SessionStore {
      const counted = metrics ? observeStore(store, metrics) : store
      return tracer ? traceStore(counted, tracer) : counted
    },
    limits: (limits: Limits): Limits => (metrics ? observeLimits(limits, metrics) : limits),
    auth: (auth: Auth): Auth => (tracer ? traceAuth(auth, tracer) : auth),
    audit(event: Parameters<Audit>[0]): void {
      if (metrics) countAudit(metrics, event)
      if (tracer) traceAudit(event)
    },
  }
}
