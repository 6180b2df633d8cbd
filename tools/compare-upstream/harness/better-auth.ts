// Takes the place of better-auth's `betterAuth` in its own tests: the same, with our plugin as the last one.
import { rollcall } from '@rollcall/auth'
import { connectRedis, createSessionStore, defaultTimeouts, redisOptions, type Timeouts } from '@rollcall/session-store'
import { betterAuth as original, type BetterAuthOptions } from 'better-auth'
import { Redis } from 'ioredis'
import { inject } from 'vitest'

export * from 'better-auth'

/** A busy machine is no difference from better-auth alone. */
const TIMEOUT_MS = 10_000

const redis = new Redis(inject('redisUrl'), {
  ...redisOptions,
  commandTimeout: TIMEOUT_MS,
  socketTimeout: TIMEOUT_MS,
  lazyConnect: true,
})
await connectRedis(redis)

let instances = 0

/** Each instance has sessions of its own, as it has a database of its own. */
export const betterAuth = (options: BetterAuthOptions) => {
  instances += 1
  const keyPrefix = `${process.pid}-${instances}:`
  const store = createSessionStore({ redis, keyPrefix, timeouts: timeoutsOf(options.session ?? {}) })
  return original({ ...withoutRefused(options), plugins: [...(options.plugins ?? []), rollcall({ store })] })
}

/**
 * Our plugin refuses these options at start, and its error says to remove them. So do this, or every test beside one that is
 * about such an option would fail too.
 */
function withoutRefused(options: BetterAuthOptions): BetterAuthOptions {
  const { secondaryStorage: _secondaryStorage, session = {}, ...others } = options
  const { expiresIn: _expiresIn, updateAge: _updateAge, cookieCache: _cookieCache, ...rest } = session
  return { ...others, session: rest }
}

/** The lifetimes that the options ask for, in the place that the error names. */
function timeoutsOf({ expiresIn, updateAge }: NonNullable<BetterAuthOptions['session']>): Timeouts {
  const idle = expiresIn === undefined ? defaultTimeouts.idle : expiresIn * 1_000
  const touchInterval = updateAge === undefined ? defaultTimeouts.touchInterval : updateAge * 1_000
  return {
    idle,
    absolute: Math.max(defaultTimeouts.absolute, idle),
    touchInterval: Math.max(1, Math.min(touchInterval, idle - 1)),
  }
}
