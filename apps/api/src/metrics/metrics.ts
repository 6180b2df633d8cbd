import type { AuditEvent } from '@rollcall/auth'
import type { NearCacheEvent, SessionEvent } from '@rollcall/session-store'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { addHistogram } from './durations.js'

/**
 * The metrics of one server, for Prometheus. Every label has a fixed set of values. None is a user, an email or IP address, a token or
 * anything else that a client sends.
 */
export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  return {
    registry,
    ...createTraffic(registry, counter),
    ...createHistory(registry, counter),
    ...createStates(gauge),
  }
}

type AddCounter = (name: string, help: string, ...labelNames: string[]) => Counter
type AddGauge = (name: string, help: string, ...labelNames: string[]) => Gauge

/** Counted as it happens. */
function createTraffic(registry: Registry, counter: AddCounter) {
  const validations = addHistogram(
    registry,
    'rollcall_validation_duration_seconds',
    'Validations of a token, by result: valid, refused or unavailable.',
    'result',
  )
  return {
    validations: {
      valid: validations('valid'),
      refused: validations('refused'),
      unavailable: validations('unavailable'),
    },
    redisCommands: addHistogram(
      registry,
      'rollcall_redis_command_duration_seconds',
      'Round trips to Redis, by command. Lookups of one tick share one.',
      'command',
    ),
    redisFailures: counter(
      'rollcall_redis_failures_total',
      'Commands that failed: without a reply (no_reply), or with a reply that is an error (error_reply).',
      'reason',
    ),
    storeFailures: counter(
      'rollcall_store_failures_total',
      'Calls of the session store that failed because Redis was unavailable.',
    ),
    countAnswer: addAnswers(registry),
    limitsHit: counter('rollcall_limits_hit_total', 'Requests and mails refused by a limit.', 'limit'),
    nearCacheLookups: counter(
      'rollcall_near_cache_lookups_total',
      'Validations that the near-cache may answer, by result: hit or miss.',
      'result',
    ),
    nearCacheLeasesLost: counter(
      'rollcall_near_cache_leases_lost_total',
      'Times that the near-cache of a node was no longer trusted.',
    ),
    accountEvents: counter(
      'rollcall_account_events_total',
      'Events of the audit log, such as sign-ins, by result.',
      'event',
      'result',
    ),
  }
}

/** The counter of prom-client looks its labels up at each count, which takes half a microsecond. So it gets these when Prometheus asks. */
function addAnswers(registry: Registry): (status: number) => void {
  const counts = new Map<number, number>()
  const answers = new Counter({
    name: 'rollcall_http_requests_total',
    help: 'Requests, by the status of the answer. 503 is an outage, and 207 a batch with both.',
    labelNames: ['status'],
    registers: [registry],
    collect() {
      answers.reset()
      for (const [status, count] of counts) answers.inc({ status }, count)
    },
  })
  return (status) => void counts.set(status, (counts.get(status) ?? 0) + 1)
}

/** Counted when the events of sessions have reached the database. */
function createHistory(registry: Registry, counter: AddCounter) {
  const lag = addHistogram(
    registry,
    'rollcall_event_lag_seconds',
    'From an event of a session to its row in the database.',
    'kind',
  )
  return {
    sessionsCreated: counter('rollcall_sessions_created_total', 'Sessions created, counted with their event.'),
    sessionsEnded: counter(
      'rollcall_sessions_ended_total',
      'Sessions ended, by cause, counted with their event. An operation on everybody has no event per session.',
      'cause',
    ),
    eventLag: { created: lag('created'), ended: lag('ended'), noted: lag('noted') },
  }
}

/** Read when Prometheus asks. */
function createStates(gauge: AddGauge) {
  return {
    up: gauge('rollcall_up', 'Whether Redis and the database answer: 1 or 0.', 'of'),
    openStreams: gauge('rollcall_open_streams', 'Open streams to pages, those of administrators too.'),
    usersWithWaitingEvents: gauge(
      'rollcall_users_with_waiting_events',
      'Users whose events this server still has to move to the database.',
    ),
    mailsWaiting: gauge('rollcall_mails_waiting', 'Mails that wait in the database, of all servers.'),
    oldestMail: gauge('rollcall_oldest_mail_seconds', 'Age of the mail that waits for longest.'),
    operations: gauge('rollcall_operations', 'Operations of the last 90 days, by state.', 'state'),
    operationShare: gauge(
      'rollcall_operation_done_ratio',
      'The share that is done of the running operation that is least far, from 0 to 1; 1 if none runs.',
    ),
    operationRevoked: gauge(
      'rollcall_operation_revoked_sessions',
      'Sessions that the operations which are not done have revoked.',
    ),
  }
}

const causes = ['revoke', 'revoke-others', 'revoke-all', 'credential-change', 'cap', 'operator', 'expired']

/** Counts an event that is in the database now. */
export function countEvent(metrics: Metrics, event: SessionEvent, now: number): void {
  if (event.kind === 'created') metrics.sessionsCreated.inc()
  if (event.kind === 'ended') metrics.sessionsEnded.inc({ cause: causeOf(event) })
  // An expired session has the time of its deadline; nobody notices that before its user's next sign-in.
  if (event.kind !== 'ended' || event.cause !== 'expired')
    metrics.eventLag[event.kind].observe(Math.max(0, now - event.at.getTime()))
}

/** `sign-out`: the session revoked itself. `other`: an event of a later version. */
function causeOf({ cause, by, session }: Extract<SessionEvent, { kind: 'ended' }>): string {
  if (cause === 'revoke' && by?.id === session.id) return 'sign-out'
  return causes.includes(cause) ? cause : 'other'
}

export function countAudit(metrics: Metrics, { event, result }: AuditEvent): void {
  metrics.accountEvents.inc({ event, result })
}

export function countNearCache({ nearCacheLookups, nearCacheLeasesLost }: Metrics): (event: NearCacheEvent) => void {
  return (event) => {
    if (event === 'lease-lost') nearCacheLeasesLost.inc()
    else nearCacheLookups.inc({ result: event })
  }
}
