import { createHmac, randomBytes } from 'node:crypto'
import type { Secrets } from '@rollcall/auth'
import type { Cluster, Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../durations.js'
import { Client, type Network } from '../client/client.js'
import { type Attempts, createAttempts } from './attempts.js'
import type { Mailbox } from './mailbox.js'
import { CHALLENGE_LIFE_MS } from './challenges.js'
import { type Reservation, type Verdict, runWithin } from './reservations.js'
import { levelBeyond, mostCounted, pointsWith, type ProofOfWork } from './work.js'

/** Whom each limit counts. */
interface Subjects {
  auth: [Client]
  'sign-in:browser': [deviceId: string]
  'sign-in:account': [email: string]
  'sign-in:address': [Client]
  'sign-in:home': [Network]
  'sign-in:site': [Network]
  'sign-up:address': [Client]
  'sign-up:home': [Network]
  'sign-up:site': [Network]
  'request-reset:address': [Client]
  'request-reset:home': [Network]
  'request-reset:site': [Network]
  challenge: [id: string]
  'request-reset:email': [email: string]
  'request-reset:first': [email: string]
  'request-reset:mailbox': [Mailbox]
  'reset-password:address': [Client]
  'secured-link:token': [token: string]
  'sign-up-mail:first': [Mailbox]
  'sign-up-mail:mailbox': [Mailbox]
  'password-changed:first': [email: string]
  'password-changed:mailbox': [Mailbox]
  'new-device:first': [userId: string]
  'new-device:mailbox': [Mailbox]
  'new-device:address': [Client]
  /** A sign-in in the same browser keeps the id of the session, so the time of the sign-in is part of the subject. */
  'proof:session': [userId: string, sessionId: string, signedInAt: string]
  'code:account': [userId: string]
  'code:session': [userId: string, sessionId: string, signedInAt: string]
  'code:once': [userId: string, code: string]
  'language:session': [userId: string, sessionId: string]
  'account:session': [userId: string, sessionId: string]
  'account-data:session': [userId: string, sessionId: string]
  'history:session': [userId: string, sessionId: string]
  'account-notice:first': [email: string]
  'account-deleted:first': [email: string]
  'account-notice:mailbox': [Mailbox]
  'email-change:first': [userId: string, side: 'old' | 'new']
  'email-change:mailbox': [side: 'old' | 'new', Mailbox]
  'email-change:session': [userId: string, sessionId: string]
  'email-change:user': [userId: string]
  'mailed-code:user': [userId: string]
  'rename:session': [userId: string, sessionId: string]
  'renamed:session': [userId: string, sessionId: string]
  'confirm:session': [userId: string, sessionId: string]
  'revoke:session': [userId: string, sessionId: string]
  'admin:session': [userId: string, sessionId: string]
  'admin-scan:session': [userId: string, sessionId: string]
  'csp-report:address': [Client]
  'wrong-password:user': [userId: string, event: string]
}

interface Rule {
  readonly points: number
  /** Milliseconds. */
  readonly duration: number
  /** Requests are counted as they come. Without it, attempts count by their outcome, and exactly, however many are made at once. */
  readonly of?: 'requests'
  /** A right attempt takes the wrong ones before it back. */
  readonly clears?: true
  /** Beyond it, an attempt passes with a proof of work. */
  readonly work?: true
}

/**
 * They suffice for a person who has to try a few times, and for an office behind one IP address. They are too small to guess a
 * password. ADR 30 gives the reasons.
 */
const rules: { readonly [N in LimitName]: Rule } = {
  /** Every request to an open endpoint below /api/auth, but for those that the server fails to serve. */
  auth: { points: 600, duration: 15 * MINUTE_MS, of: 'requests' },
  /** A browser that has signed in to the account before. Beyond it, it counts as an unknown one. */
  'sign-in:browser': { points: 10, duration: 15 * MINUTE_MS },
  /** All unknown browsers share it. Strangers can use it up, so that beyond it there is work and no lock. */
  'sign-in:account': { points: 10, duration: DAY_MS, work: true },
  'sign-in:address': { points: 50, duration: 15 * MINUTE_MS, work: true },
  'sign-in:home': { points: 100, duration: 15 * MINUTE_MS, work: true },
  'sign-in:site': { points: 200, duration: 15 * MINUTE_MS, work: true },
  'sign-up:address': { points: 60, duration: HOUR_MS, work: true },
  'sign-up:home': { points: 120, duration: HOUR_MS, work: true },
  'sign-up:site': { points: 240, duration: HOUR_MS, work: true },
  'request-reset:address': { points: 30, duration: HOUR_MS, work: true },
  'request-reset:home': { points: 60, duration: HOUR_MS, work: true },
  'request-reset:site': { points: 120, duration: HOUR_MS, work: true },
  /** A solved challenge passes one attempt, right or wrong. */
  challenge: { points: 1, duration: CHALLENGE_LIFE_MS },
  /** Requests for one email address, with or without an account. */
  'request-reset:email': { points: 5, duration: HOUR_MS },
  /** Mails that are sent: they keep a stranger from filling someone's mailbox. */
  'request-reset:first': { points: 1, duration: HOUR_MS },
  'request-reset:mailbox': { points: 5, duration: HOUR_MS },
  'reset-password:address': { points: 30, duration: HOUR_MS },
  /** Further mails after "This wasn’t me", by the token of its link, which strangers do not have. */
  'secured-link:token': { points: 5, duration: HOUR_MS },
  /** Mails to an email address that somebody wants to sign up with, where its account needs a confirmed one. */
  'sign-up-mail:first': { points: 1, duration: HOUR_MS },
  'sign-up-mail:mailbox': { points: 5, duration: HOUR_MS },
  /** Mails about changed passwords: their owner cannot fill a mailbox that is shared with others. */
  'password-changed:first': { points: 1, duration: HOUR_MS },
  'password-changed:mailbox': { points: 5, duration: HOUR_MS },
  /** Mails about new devices: somebody who has the password cannot fill the mailbox. ADR 30 says why the first is apart. */
  'new-device:first': { points: 1, duration: HOUR_MS },
  'new-device:mailbox': { points: 10, duration: HOUR_MS },
  'new-device:address': { points: 30, duration: HOUR_MS },
  /** Wrong passwords given by someone signed in, for as long as their session can live: it must not become a way to guess. */
  'proof:session': { points: 10, duration: 30 * DAY_MS, clears: true },
  /** Wrong codes at sign-ins: the password was right. ADR 57 says why there are no more. */
  'code:account': { points: 10, duration: HOUR_MS },
  /** Wrong codes given by someone signed in, like the passwords above. */
  'code:session': { points: 10, duration: 30 * DAY_MS, clears: true },
  /** A right code, for longer than it is accepted: half a minute before its time to a minute after it began. */
  'code:once': { points: 1, duration: 2 * MINUTE_MS },
  /** Mails with a code, for somebody who can prove in no other way who they are. */
  'mailed-code:user': { points: 5, duration: HOUR_MS },
  /** Per session, as refused ones count too: a stolen session must not use up what its owner needs to end it. */
  'rename:session': { points: 60, duration: MINUTE_MS, of: 'requests' },
  'language:session': { points: 60, duration: MINUTE_MS, of: 'requests' },
  'account:session': { points: 60, duration: MINUTE_MS, of: 'requests' },
  /** Each reads up to a thousand rows. The page asks whenever a device comes or goes; a download of all is 50 of them. */
  'history:session': { points: 300, duration: MINUTE_MS, of: 'requests' },
  /** Each reads up to thousands of rows. */
  'account-data:session': { points: 20, duration: HOUR_MS, of: 'requests' },
  /** Mails about changes of an account: a stranger cannot fill a mailbox with accounts that they make and delete. */
  'account-notice:first': { points: 1, duration: HOUR_MS },
  'account-deleted:first': { points: 1, duration: HOUR_MS },
  'account-notice:mailbox': { points: 5, duration: HOUR_MS },
  /** Links that confirm a new email address, apart for the one that an account has and for the one that it is to have. */
  'email-change:first': { points: 1, duration: HOUR_MS },
  'email-change:mailbox': { points: 5, duration: HOUR_MS },
  'email-change:session': { points: 10, duration: HOUR_MS, of: 'requests' },
  /** Anybody can sign in again, for another session that asks. */
  'email-change:user': { points: 20, duration: DAY_MS, of: 'requests' },
  /** Each writes an event: a stolen session must not bury its sign-in under them. */
  'renamed:session': { points: 30, duration: DAY_MS },
  'confirm:session': { points: 60, duration: MINUTE_MS, of: 'requests' },
  'revoke:session': { points: 60, duration: MINUTE_MS, of: 'requests' },
  /** A page asks for the progress of an operation once a second. */
  'admin:session': { points: 300, duration: MINUTE_MS, of: 'requests' },
  /** Each may look at all sessions that there are. */
  'admin-scan:session': { points: 30, duration: MINUTE_MS, of: 'requests' },
  'csp-report:address': { points: 60, duration: MINUTE_MS, of: 'requests' },
  /** Only tallied. */
  'wrong-password:user': { points: Number.MAX_SAFE_INTEGER, duration: DAY_MS, of: 'requests' },
}

type LimitName = keyof Subjects

/** A limit, and whom it counts. */
export type Charge = { [N in LimitName]: readonly [limit: N, ...subject: Subjects[N]] }[LimitName]

/** Limits counted in Redis, so that all servers share them. */
export interface Limits {
  /**
   * Does the work within all of the limits. Work that fails by an outage counts nowhere.
   *
   * @param options.uncounted The work goes on when Redis cannot count. It only reads, or it revokes: a full Redis can still delete.
   * @param options.solution A proof of work. The attempt uses it up.
   * @throws {RateLimitedError} If any of the limits is reached.
   * @throws {ChallengeNeededError} If all of those that are reached can be passed with work.
   * @throws {SessionStoreUnavailableError} If Redis gives no answer. Without a count, nothing is done and no guess is
   *   called wrong.
   */
  within<T>(
    charges: readonly Charge[],
    work: () => Promise<T>,
    verdictOf?: (result: T) => Verdict | Promise<Verdict>,
    options?: { uncounted?: boolean; solution?: ProofOfWork | null },
  ): Promise<T>
  /**
   * Counts what is not limited.
   *
   * @returns The number of events, with this one, within the duration of the first.
   * @throws {Error} of Redis.
   */
  tally(charge: Charge & readonly ['wrong-password:user', ...unknown[]]): Promise<number>
}

/**
 * @param secrets key the hashes under which subjects are counted: Redis learns no IP address and no email address. Each counts, so
 *   that servers with other lists of secrets share the counts, while the secret changes.
 * @param keyPrefix that of the store
 */
export function createLimits(redis: Redis | Cluster, secrets: Secrets, keyPrefix = ''): Limits {
  const prefixOf = (limit: string): string => `${keyPrefix}limit:${limit}`
  const requests = new Map<string, RateLimiterRedis>()
  for (const [name, { points, duration, of }] of Object.entries(rules)) {
    if (of === 'requests')
      requests.set(
        name,
        new RateLimiterRedis({ storeClient: redis, keyPrefix: prefixOf(name), points, duration: duration / SECOND_MS }),
      )
  }
  const attempts = createAttempts(redis)

  function hashesOf([limit, ...subject]: Charge): string[] {
    const parts = subject.map((part) =>
      part instanceof Client ? part.network : typeof part === 'string' ? part : part.name,
    )
    if (limit === 'challenge') return [parts.join()] // it is random, and names nobody
    return secrets.map((secret) =>
      createHmac('sha256', secret)
        .update(JSON.stringify([limit, ...parts]))
        .digest('base64url')
        .slice(0, 22),
    )
  }

  function reservationsOn(charge: Charge, id: string, level: number): Reservation[] {
    const [limit] = charge
    const counter = requests.get(limit)
    return hashesOf(charge).map((hash) =>
      counter === undefined
        ? attemptReservation(attempts, limit, { key: `${prefixOf(limit)}:${hash}`, id, level })
        : requestReservation(counter, limit, hash),
    )
  }

  return {
    within(charges, work, verdictOf = () => 'done', { uncounted = false, solution = null } = {}) {
      const id = randomBytes(9).toString('base64url')
      const all: readonly Charge[] = solution === null ? charges : [...charges, ['challenge', solution.id]]
      return runWithin(
        all.flatMap((charge) => reservationsOn(charge, id, solution?.level ?? 0)),
        work,
        verdictOf,
        uncounted,
      )
    },

    async tally(charge) {
      const counter = requests.get(charge[0])
      const tallied = await Promise.all(hashesOf(charge).map(async (hash) => counter?.penalty(hash)))
      return Math.max(...tallied.map((one) => one?.consumedPoints ?? 0))
    },
  }
}

function requestReservation(counter: RateLimiterRedis, limit: LimitName, hash: string): Reservation {
  return {
    limit,
    of: 'requests',
    reserve: () =>
      counter.consume(hash).then(
        () => 'reserved' as const,
        (refusal: unknown) => {
          if (refusal instanceof RateLimiterRes)
            return { retryAfter: refusal.msBeforeNext, counted: refusal.consumedPoints }
          throw refusal
        },
      ),
    renew: async () => undefined,
    settle: async (verdict) => (verdict === 'void' ? counter.reward(hash) : undefined),
  }
}

interface CountedAttempt {
  readonly key: string
  readonly id: string
  /** The level of its proof of work; 0 without one. */
  readonly level: number
}

function attemptReservation(attempts: Attempts, limit: LimitName, { key, id, level }: CountedAttempt): Reservation {
  const { points, duration, clears, work } = rules[limit]
  const isSolution = limit === 'challenge'
  return {
    limit,
    of: 'attempts',
    reserve: () => attempts.reserve(key, work ? pointsWith(points, level) : points, id),
    ...(work && { levelBeyond: (counted) => levelBeyond(points, counted) }),
    ...(isSolution && { levelBeyond: () => level }), // it was used before: another one of its kind is needed
    renew: () => attempts.renew(key, id),
    settle: (verdict) => {
      if (verdict === 'wrong' || verdict === 'done' || (verdict === 'right' && isSolution))
        return attempts.count(key, id, duration, work && mostCounted(points))
      return verdict === 'right' && clears ? attempts.clear(key) : attempts.release(key, id)
    },
  }
}
