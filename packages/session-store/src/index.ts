import './stream-errors.js'
export { createSessionChanges, type SessionChanges, type SessionChangesOptions } from './changes.js'
export type { Clock } from './clock.js'
export { isCluster } from './cluster.js'
export { connectRedis } from './connect.js'
export { NotReplicatedError, SessionStoreUnavailableError, UnsupportedRedisError } from './errors.js'
export { createSessionEvents, type SessionEvents, type SessionEventsOptions } from './events.js'
export {
  createSessionExport,
  type ExportedSession,
  secretHashIn,
  type SessionExport,
  type SessionExportOptions,
} from './export.js'
export {
  createSessionImport,
  IMPORTED_FROM,
  type ImportedSession,
  type ImportOutcome,
  type SessionImport,
  type SessionImportOptions,
} from './import.js'
export type { SessionData } from './record.js'
export { checkRedis, redisOptions } from './redis.js'
export { createRedisClock, type RedisClock, type RedisClockOptions } from './redis-clock.js'
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
} from './session.js'
export type { SessionChange } from './session-change.js'
export type { SessionEvent } from './session-event.js'
export type { OperationSummary, SessionSummary } from './session-summary.js'
export { MAX_REVOKED_IDS } from './methods/revoke.js'
export { createSessionStore } from './store.js'
export { superviseClient } from './supervise.js'
export { createSessionOperator } from './operator/operator.js'
export type { RevokedStep, SessionOperator, SessionOperatorOptions } from './operator/session-operator.js'
export type { StartedOperation } from './operator/node-scripts.js'
export { MovingSlotsError, type ScanStep } from './operator/passes.js'
export type { Prefilter } from './operator/prefilter.js'
export { type UserSessions, wasLiveAt } from './operator/user-sessions.js'
export { defaultTimeouts, profiles, PROOF_LIFE_MS, type Timeouts } from './timeouts.js'
export { isSessionId, newSessionToken, sessionIdIn, userTagOf } from './token.js'
