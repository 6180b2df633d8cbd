import { setTimeout as pause } from 'node:timers/promises'
import {
  NotReplicatedError,
  type Session,
  type SessionOperator,
  SessionStoreUnavailableError,
  type UserSessions,
  userTagOf,
  wasLiveAt,
} from '@rollcall/session-store'
import type { OperationLog } from './operation-log.js'
import type { Operation, RunOptions } from './operation.js'

const SAVE_MS = 250
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 2_000
const PATIENCE_MS = 60_000

/** The findings and changes of one step of an operation, in sessions. */
interface Step {
  readonly users: number
  readonly scanned: number
  readonly matched: number
  readonly revoked: number
  readonly failed: number
  readonly pass: number
  readonly share: number
}

export interface Runner {
  readonly operator: SessionOperator
  readonly log: OperationLog
  /** Whether the filter of the operation selects a session. */
  readonly matches: (session: Session) => boolean
}

/** Somebody asked the operation to stop. */
class Stopped extends Error {}

/**
 * Runs an operation to its end. If Redis gives no answer, it begins again with the first key once Redis is back.
 * Sessions that it has revoked by then stay revoked, so nothing is done twice.
 *
 * @returns The operation, `done` or `stopped`.
 * @throws {SessionStoreUnavailableError} after the patience is used up; resume it then.
 */
export async function runOperation(runner: Runner, given: Operation, options: RunOptions): Promise<Operation> {
  const { patience = PATIENCE_MS } = options
  const run = new Run(runner, given, options)
  let failingSince: number | null = null
  let retryMs = FIRST_RETRY_MS
  for (;;) {
    try {
      await run.attempt(() => {
        failingSince = null
        retryMs = FIRST_RETRY_MS
      })
      return await run.end('done')
    } catch (error) {
      if (error instanceof Stopped) return run.end('stopped')
      failingSince ??= performance.now()
      const isOver = performance.now() - failingSince >= patience
      if (!(error instanceof SessionStoreUnavailableError) || isOver) {
        await run.end('failed', error instanceof Error ? error.message : String(error)).catch(() => undefined)
        throw error
      }
      if (error instanceof NotReplicatedError) retryMs = LAST_RETRY_MS
      await pause(retryMs)
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)
    }
  }
}

class Run {
  readonly #runner: Runner
  readonly #options: RunOptions
  readonly #began = performance.now()
  #operation: Operation
  #savedAt = Number.NEGATIVE_INFINITY
  #hasStarted = false
  #users = 0
  /** In all passes of this run. */
  #looked = 0

  constructor(runner: Runner, operation: Operation, options: RunOptions) {
    this.#runner = runner
    this.#options = options
    this.#operation = operation
  }

  /** One way through all keys. `onAnswer` is called whenever Redis has done a step. */
  async attempt(onAnswer: () => void): Promise<void> {
    const { operator } = this.#runner
    const { filter, startedAt } = this.#operation
    // At the beginning of each attempt: a Redis that was restarted may have lost it.
    if (filter?.users === undefined) await operator.refuseEarlierSignIns(startedAt)
    await this.#save('running')
    if (!this.#hasStarted) await this.#options.onStart?.(this.#operation)
    this.#hasStarted = true
    const before = { scanned: 0, failed: 0, share: 0 }
    this.#operation = { ...this.#operation, ...before }
    let pass = 1
    for await (const step of this.#steps()) {
      onAnswer()
      if (step.pass > pass) this.#operation = { ...this.#operation, ...before }
      pass = step.pass
      this.#add(step)
      if (performance.now() - this.#savedAt >= SAVE_MS) await this.#save('running')
      await this.#keepToRate()
    }
    await operator.confirm()
    if (filter === null) await operator.publishToAll(this.#operation)
  }

  async end(state: Operation['state'], error: string | null = null): Promise<Operation> {
    const isDone = state === 'done'
    this.#operation = {
      ...this.#operation,
      error,
      millisecondsLeft: isDone ? 0 : null,
      ...(isDone && { share: 1 }),
    }
    await this.#save(state).catch((reason: unknown) => {
      if (!(reason instanceof Stopped)) throw reason
    })
    return this.#operation
  }

  async *#steps(): AsyncGenerator<Step> {
    const { operator } = this.#runner
    const { filter, startedAt, keep } = this.#operation
    if (filter === null) {
      for await (const { found, pass, share } of operator.revokeAll(startedAt, keep ?? '')) {
        const { users, live, revoked, failed } = found
        yield { users, scanned: live, matched: revoked, revoked, failed, pass, share }
      }
    } else if (filter.users === undefined) {
      for await (const { found, pass, share } of operator.scan()) {
        const revoked = await Promise.all(found.map((user) => this.#revoke(user)))
        yield { ...sum(found, revoked), pass, share }
      }
    } else {
      for (const [at, userId] of filter.users.entries()) {
        const user = await operator.read(userId)
        const revoked = await this.#revoke({ ...user, userTag: userTagOf(userId) }, startedAt)
        yield { ...sum([user], [revoked]), pass: 1, share: (at + 1) / filter.users.length }
      }
    }
  }

  /** @param notBefore also refuses sign-ins of the user under way that began at or before this time. */
  async #revoke({ userTag, sessions }: UserSessions, notBefore?: Date): Promise<{ matched: number; revoked: number }> {
    const { operator, matches } = this.#runner
    const { startedAt, keep } = this.#operation
    const now = operator.clock()
    const ids = sessions
      .filter((session) => session.id !== keep && wasLiveAt(session, startedAt, now) && matches(session))
      .map(({ id }) => id)
    if (ids.length === 0 && notBefore === undefined) return { matched: 0, revoked: 0 }
    return { matched: ids.length, revoked: await operator.revoke(userTag, ids, this.#operation, notBefore) }
  }

  #add({ users, scanned, matched, revoked, failed, share }: Step): void {
    const before = this.#operation
    this.#users += users
    this.#looked += scanned
    const seconds = Math.max(performance.now() - this.#began, 1) / 1_000
    this.#operation = {
      ...before,
      scanned: before.scanned + scanned,
      matched: before.matched + matched,
      revoked: before.revoked + revoked,
      alreadyGone: before.alreadyGone + matched - revoked,
      failed: before.failed + failed,
      share,
      rate: Math.round(this.#looked / seconds),
      millisecondsLeft: share > 0 ? Math.round((seconds * 1_000 * (1 - share)) / share) : null,
    }
  }

  async #save(state: Operation['state']): Promise<void> {
    this.#operation = { ...this.#operation, state, updatedAt: new Date() }
    this.#savedAt = performance.now()
    const isToStop = await this.#runner.log.save(this.#operation)
    this.#options.onProgress?.(this.#operation)
    if (isToStop && state === 'running') throw new Stopped()
  }

  async #keepToRate(): Promise<void> {
    const { maxUsersPerSecond = Number.POSITIVE_INFINITY } = this.#options
    const early = (this.#users / maxUsersPerSecond) * 1_000 - (performance.now() - this.#began)
    if (early > 0) await pause(early)
  }
}

function sum(users: readonly UserSessions[], done: readonly { matched: number; revoked: number }[]) {
  return {
    users: users.length,
    scanned: users.reduce((total, { sessions }) => total + sessions.length, 0),
    failed: users.filter(({ isReadable }) => !isReadable).length,
    matched: done.reduce((total, { matched }) => total + matched, 0),
    revoked: done.reduce((total, { revoked }) => total + revoked, 0),
  }
}
