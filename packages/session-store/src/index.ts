import './redis/stream-errors.js'
export {
  createSessionChanges,
  operationsChannel,
  type SessionChanges,
  type SessionChangesOptions,
} from './events/changes.js'
export type { Clock } from './record/clock.js'
export { operationsKey } from './record/keys.js'
export { isCluster } from './redis/cluster.js'
export { connectRedis } from './redis/connect.js'
export { NotReplicatedError, SessionStoreUnavailableError, UnsupportedRedisError } from './errors/errors.js'
export { createSessionEvents, type SessionEvents, type SessionEventsOptions } from './events/events.js'
export {
  createSessionExport,
  type ExportedSession,
  secretHashIn,
  type SessionExport,
  type SessionExportOptions,
} from './move/export.js'
export {
  createSessionImport,
  IMPORTED_FROM,
  type ImportedSession,
  type ImportOutcome,
  type SessionImport,
  type SessionImportOptions,
} from './move/import.js'
export type { SessionData } from './record/record.js'
export { checkRedis, redisOptions } from './redis/redis.js'
export { createRedisClock, type RedisClock, type RedisClockOptions } from './redis/redis-clock.js'
export type {
  CustomEvent,
  NearCacheEvent,
  NewSession,
  OnRevoked,
  RevokeAllOptions,
  RevokedSessions,
  RevokeOptions,
  RotateOptions,
  Session,
  SessionStore,
  SessionStoreOptions,
} from './record/session.js'
export type { SessionChange } from './events/session-change.js'
export type { SessionEvent } from './events/session-event.js'
export type { OperationSummary, SessionSummary } from './record/session-summary.js'
export { MAX_REVOKED_IDS } from './methods/revoke.js'
export { isTouchDue } from './methods/write.js'
export { createSessionStore } from './store.js'
export { superviseClient } from './redis/supervise.js'
export { createSessionOperator } from './operator/operator.js'
export type { RevokedStep, SessionOperator, SessionOperatorOptions } from './operator/session-operator.js'
export type { StartedOperation } from './operator/node-scripts.js'
export { MovingSlotsError, type ScanStep } from './operator/passes.js'
export type { Prefilter } from './operator/prefilter.js'
export { type UserSessions, wasLiveAt } from './operator/user-sessions.js'
export { defaultTimeouts, profiles, PROOF_LIFE_MS, type Timeouts } from './record/timeouts.js'
export { isSessionId, newSessionToken, sessionIdIn, userTagOf } from './record/token.js'
