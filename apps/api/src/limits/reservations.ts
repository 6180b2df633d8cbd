import { setTimeout as pause } from 'node:timers/promises'
import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { ChallengeNeededError, publicError, RateLimitedError } from '../errors.js'
import { type Full, RENEW_MS, type Reservation } from './attempts.js'

/**
 * The outcome of limited work.
 * `wrong`: a guess failed. It is counted before anybody learns of it.
 * `done`: it happened, such as a mail, and is counted.
 * `right`: a guess was right, and does not count.
 * `void`: there was no verdict, as in an outage, and nothing is counted.
 */
export type Verdict = 'wrong' | 'done' | 'right' | 'void'

/** The place that a piece of work takes on one limit. */
export interface Place {
  readonly limit: string
  readonly of: 'requests' | 'attempts'
  reserve(): Promise<Reservation>
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
 * Does the work while it holds all of the places, and settles them by its verdict.
 *
 * @param revokes the work goes on when Redis cannot count
 */
export async function runWithin<T>(
  places: readonly Place[],
  work: () => Promise<T>,
  verdictOf: (result: T) => Verdict | Promise<Verdict>,
  revokes: boolean,
): Promise<T> {
  try {
    await reserveAll(places)
  } catch (error) {
    if (revokes && error instanceof SessionStoreUnavailableError) return work()
    throw error
  }
  const renewal = setInterval(() => void Promise.allSettled(places.map((place) => place.renew())), RENEW_MS)
  try {
    const result = await work()
    const verdict = await verdictOf(result)
    const settled = await Promise.allSettled(places.map((place) => place.settle(verdict)))
    const lost = settled.find((one) => one.status === 'rejected')
    if (verdict === 'wrong' && lost !== undefined) throw new SessionStoreUnavailableError(lost.reason)
    return result
  } catch (error) {
    const isOutage = publicError(error).status >= 500
    await release(places.filter(({ of }) => of === 'attempts' || isOutage))
    throw error
  } finally {
    clearInterval(renewal)
  }
}

async function reserveAll(places: readonly Place[]): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(2 * wait, LAST_POLL_MS)) {
    const replies = await Promise.allSettled(places.map((place) => place.reserve()))
    const isIn = (n: number, state: Reservation): boolean =>
      replies[n]?.status === 'fulfilled' && replies[n].value === state
    if (places.every((_, n) => isIn(n, 'reserved'))) return
    // A command without a reply may have been carried out all the same.
    await release(places.filter((_, n) => isIn(n, 'reserved') || replies[n]?.status === 'rejected'))

    const failed = replies.find((reply) => reply.status === 'rejected')
    if (failed !== undefined) throw new SessionStoreUnavailableError(failed.reason)
    const refusal = refusalOf(places, replies)
    if (refusal !== null) throw refusal
    if (performance.now() > deadline)
      throw new SessionStoreUnavailableError(new Error('Too many attempts are under way'))
    await pause(wait)
  }
}

function refusalOf(
  places: readonly Place[],
  replies: readonly PromiseSettledResult<Reservation>[],
): RateLimitedError | null {
  const full = places.flatMap((place, n) => {
    const reply = replies[n]?.status === 'fulfilled' ? replies[n].value : 'unknown'
    return typeof reply === 'string' ? [] : [{ place, ...reply }]
  })
  const hard = longest(full.filter(({ place }) => place.levelBeyond === undefined))
  if (hard !== undefined) return new RateLimitedError(seconds(hard), hard.place.limit)
  const last = longest(full)
  if (last === undefined) return null
  const level = Math.max(...full.map(({ place, counted }) => place.levelBeyond?.(counted) ?? 0))
  return new ChallengeNeededError(seconds(last), last.place.limit, level)
}

function longest<P extends Full>(full: readonly P[]): P | undefined {
  return full.toSorted((a, b) => b.retryAfter - a.retryAfter)[0]
}

function seconds({ retryAfter }: Full): number {
  return Math.ceil(retryAfter / 1_000)
}

/** Best effort: a lease ends by itself, and one request more or less is none of many. */
async function release(places: readonly Place[]): Promise<void> {
  await Promise.allSettled(places.map((place) => place.settle('void')))
}
