import { createHmac } from 'node:crypto'
import { SessionStoreUnavailableError } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { RateLimitedError } from './errors.js'

const MINUTE = 60
const HOUR = 60 * MINUTE

/**
 * How often within how many seconds: enough for a person who has to try a few times, and for an office
 * behind one address; too little to guess a password. Those marked "failures" are refunded on success.
 */
const rules = {
  /** Any change through /api/auth, per address. */
  auth: { points: 600, duration: 15 * MINUTE },
  /** Failures. */
  'sign-in:address+email': { points: 10, duration: 15 * MINUTE },
  /** Failures. */
  'sign-in:address': { points: 50, duration: 15 * MINUTE },
  'sign-up:address': { points: 60, duration: HOUR },
  'request-reset:address': { points: 30, duration: HOUR },
  /** Keeps a stranger from filling someone's mailbox. */
  'request-reset:email': { points: 5, duration: HOUR },
  'reset-password:address': { points: 30, duration: HOUR },
  /** Mails. Keeps whoever has the password from filling the mailbox; by then it has been told often enough. */
  'new-device:user': { points: 10, duration: HOUR },
  'rename:user': { points: 60, duration: MINUTE },
  /** Failures, wherever someone signed in gives their password again: a stolen session must not become a way to guess it. */
  'own-password:user': { points: 10, duration: 15 * MINUTE },
  'revoke:user': { points: 60, duration: MINUTE },
  'csp-report:address': { points: 60, duration: MINUTE },
} as const satisfies Record<string, { points: number; duration: number }>

export type LimitName = keyof typeof rules

/** One count on one limit, for the given address, e-mail address or user. */
export type Charge = readonly [limit: LimitName, ...subject: string[]]

/** Limits counted in Redis, so that all servers share them. */
export interface Limits {
  /**
   * @throws {RateLimitedError} when any of the limits is exceeded.
   * @throws {SessionStoreUnavailableError} when Redis gives no answer: without a count, nothing is let through.
   */
  charge(charges: readonly Charge[]): Promise<void>
  /**
   * For what ends sessions: goes on when Redis cannot count, as it can still delete when it is full. Whether
   * the ending happens, Redis answers there.
   *
   * @throws {RateLimitedError} when any of the limits is exceeded.
   */
  chargeEnding(charges: readonly Charge[]): Promise<void>
  /** Takes charges back. Best effort: a lost refund costs one try. */
  refund(charges: readonly Charge[]): Promise<void>
}

/** @param secret keys the hashes under which subjects are counted: Redis learns no address and no e-mail address. */
export function createLimits(redis: Redis | Cluster, secret: string): Limits {
  const limiters = new Map(
    Object.entries(rules).map(([name, rule]) => [
      name,
      new RateLimiterRedis({ storeClient: redis, keyPrefix: `limit:${name}`, ...rule }),
    ]),
  )
  const limiter = (name: LimitName): RateLimiterRedis => {
    const found = limiters.get(name)
    if (found === undefined) throw new Error(`No limit is named ${name}`)
    return found
  }
  const key = ([limit, ...subject]: Charge): string =>
    createHmac('sha256', secret).update(JSON.stringify([limit, ...subject])).digest('base64url').slice(0, 22)

  async function charge(charges: readonly Charge[]): Promise<void> {
    const results = await Promise.allSettled(charges.map((charge) => limiter(charge[0]).consume(key(charge))))
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    const waits = refusals.flatMap((refusal) => (refusal instanceof RateLimiterRes ? [refusal.msBeforeNext] : []))
    const failure = refusals.find((refusal) => !(refusal instanceof RateLimiterRes))
    if (failure !== undefined) throw new SessionStoreUnavailableError(failure)
    if (waits.length > 0) throw new RateLimitedError(Math.max(1, Math.ceil(Math.max(...waits) / 1_000)))
  }

  return {
    charge,

    async chargeEnding(charges) {
      await charge(charges).catch((error: unknown) => {
        if (!(error instanceof SessionStoreUnavailableError)) throw error
      })
    },

    async refund(charges) {
      await Promise.allSettled(charges.map((charge) => limiter(charge[0]).reward(key(charge))))
    },
  }
}
