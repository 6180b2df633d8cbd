import './stream-errors.js'
export { type Actor, createSessionChanges, type SessionChange, type SessionChanges, type SessionChangesOptions } from './changes.js'
export type { Clock } from './clock.js'
export { NotReplicatedError, SessionStoreUnavailableError, UnsupportedRedisError } from './errors.js'
export { createSessionEvents, type SessionEvent, type SessionEvents, type SessionEventsOptions } from './events.js'
export type { SessionData } from './record.js'
export { checkRedis, redisOptions } from './redis.js'
export { createRedisClock, type RedisClock, type RedisClockOptions } from './redis-clock.js'
export {
  type Asked,
  createSessionStore,
  type NamedEvent,
  type NewSession,
  type RotationReason,
  type Session,
  type SessionStore,
  type SessionStoreOptions,
} from './store.js'
export { superviseClient } from './supervise.js'
export { defaultTimeouts, profiles, type Timeouts } from './timeouts.js'
export { userTagOf } from './token.js'
