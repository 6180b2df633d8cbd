import { setTimeout as pause } from 'node:timers/promises'
import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { ChallengeNeededError, publicError, RateLimitedError, TooManyUnderWayError } from '../errors.js'
import { type LimitReached, RENEW_MS, type ReserveReply } from './attempts.js'

/**
 * The outcome of limited work.
 * `wrong`: a guess failed. It is counted before anybody learns of it.
 * `done`: it happened, such as a mail, and is counted.
 * `right`: a guess was right, and does not count.
 * `void`: there was no verdict, as in an outage, and nothing is counted.
 */
export type Verdict = 'wrong' | 'done' | 'right' | 'void'

/** A reservation of one limit for a piece of work. */
export interface Reservation {
  readonly limit: string
  readonly of: 'requests' | 'attempts'
  reserve(): Promise<ReserveReply>
  /** The level of work with which an attempt passes a full limit. Absent: none does. */
  levelBeyond?(counted: number): number
  renew(): Promise<unknown>
  settle(verdict: Verdict): Promise<unknown>
}

/** Milliseconds to wait for attempts under way that hold the last places, and between two looks at first and at last. */
const MAX_WAIT_MS = 20_000
const FIRST_POLL_MS = 50
const LAST_POLL_MS = 800

/**
 * Does the work while it holds all of these reservations, and settles them by its verdict.
 *
 * @param uncounted the work goes on when Redis cannot count
 */
export async function runWithin<T>(
  reservations: readonly Reservation[],
  work: () => Promise<T>,
  verdictOf: (result: T) => Verdict | Promise<Verdict>,
  uncounted: boolean,
): Promise<T> {
  try {
    await reserveAll(reservations)
  } catch (error) {
    if (uncounted && error instanceof SessionStoreUnavailableError) return work()
    throw error
  }
  const renewal = setInterval(
    () => void Promise.allSettled(reservations.map((reservation) => reservation.renew())),
    RENEW_MS,
  )
  try {
    const result = await work()
    const verdict = await verdictOf(result)
    const settled = await Promise.allSettled(reservations.map((reservation) => reservation.settle(verdict)))
    const lost = settled.find((one) => one.status === 'rejected')
    if (verdict === 'wrong' && lost !== undefined) throw new SessionStoreUnavailableError(lost.reason)
    return result
  } catch (error) {
    const isOutage = publicError(error).status >= 500
    await release(reservations.filter(({ of }) => of === 'attempts' || isOutage))
    throw error
  } finally {
    clearInterval(renewal)
  }
}

async function reserveAll(reservations: readonly Reservation[]): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(2 * wait, LAST_POLL_MS)) {
    const replies = await Promise.allSettled(reservations.map((reservation) => reservation.reserve()))
    const isIn = (n: number, state: ReserveReply): boolean =>
      replies[n]?.status === 'fulfilled' && replies[n].value === state
    if (reservations.every((_, n) => isIn(n, 'reserved'))) return
    // A command without a reply may have been carried out all the same.
    await release(reservations.filter((_, n) => isIn(n, 'reserved') || replies[n]?.status === 'rejected'))

    const failed = replies.find((reply) => reply.status === 'rejected')
    if (failed !== undefined) throw new SessionStoreUnavailableError(failed.reason)
    const refusal = refusalOf(reservations, replies)
    if (refusal !== null) throw refusal
    if (performance.now() > deadline) throw new TooManyUnderWayError()
    await pause(wait)
  }
}

function refusalOf(
  reservations: readonly Reservation[],
  replies: readonly PromiseSettledResult<ReserveReply>[],
): RateLimitedError | null {
  const full = reservations.flatMap((reservation, n) => {
    const reply = replies[n]?.status === 'fulfilled' ? replies[n].value : 'unknown'
    return typeof reply === 'string' ? [] : [{ reservation, ...reply }]
  })
  const hard = withLongestWait(full.filter(({ reservation }) => reservation.levelBeyond === undefined))
  if (hard !== undefined) return new RateLimitedError(seconds(hard), hard.reservation.limit)
  const last = withLongestWait(full)
  if (last === undefined) return null
  const level = Math.max(...full.map(({ reservation, counted }) => reservation.levelBeyond?.(counted) ?? 0))
  return new ChallengeNeededError(seconds(last), last.reservation.limit, level)
}

function withLongestWait<P extends LimitReached>(full: readonly P[]): P | undefined {
  return full.toSorted((a, b) => b.retryAfter - a.retryAfter)[0]
}

function seconds({ retryAfter }: LimitReached): number {
  return Math.ceil(retryAfter / 1_000)
}

/** Best effort: a lease ends by itself, and one request more or less is none of many. */
async function release(reservations: readonly Reservation[]): Promise<void> {
  await Promise.allSettled(reservations.map((reservation) => reservation.settle('void')))
}
