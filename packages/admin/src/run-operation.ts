import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  NotReplicatedError,
  type RevokedStep,
  type ScanStep,
  SessionStoreUnavailableError,
} from '@rollcall/session-store'
import { OperationStateError } from './errors.js'
import type { OperationLog } from './operation-log.js'
import type { Operation, RunOptions } from './operation.js'

const SAVE_MS = 250
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 2_000
const GIVE_UP_AFTER_MS = 60_000

/** The findings and changes of one step of an operation. */
export type Step = RevokedStep & Omit<ScanStep<unknown>, 'found'>

/** The work of an operation. All of it may be repeated. */
export interface Work {
  /** Before the first step of each attempt: a Redis that was restarted may have lost what it does. */
  begin(operation: Operation): Promise<void>
  /** @param giveUpAfterMs Of the options. */
  steps(operation: Operation, giveUpAfterMs: number | undefined): AsyncIterable<Step>
  /** After the last one. */
  finish(operation: Operation): Promise<void>
}

export interface RunContext {
  readonly log: OperationLog
  readonly work: Work
  /** The operation as it is to run, once no other run changes it any more. It may be repeated. */
  prepare(): Promise<Operation>
}

/** Somebody asked the operation to stop. */
class Stopped extends Error {}

/**
 * Runs an operation to its end. If Redis gives no answer, it begins again with the first key once Redis is back.
 * Sessions that it has revoked by then stay revoked, so nothing is done twice.
 *
 * @returns The operation, `done` or `stopped`.
 * @throws {OperationStateError} if another process runs it, or has resumed it meanwhile.
 * @throws {SessionStoreUnavailableError} after `giveUpAfterMs`, or at once if Redis refuses a command; resume it then.
 */
export async function runOperation(context: RunContext, given: Operation, options: RunOptions): Promise<Operation> {
  const { giveUpAfterMs = GIVE_UP_AFTER_MS } = options
  const run = new OperationRun(context, given, options)
  const outage = new OutageTimer()
  const unconfirmed = new OutageTimer() // steps succeed meanwhile: only the end of an attempt asks the replicas
  let retryMs = FIRST_RETRY_MS
  let isKnown = false
  for (;;) {
    try {
      await run.attempt((position) => {
        if (!outage.advance(position)) return
        retryMs = FIRST_RETRY_MS
        isKnown = false
      })
      return await run.end('done')
    } catch (error) {
      if (error instanceof Stopped) return run.end('stopped')
      const isUnconfirmed = error instanceof NotReplicatedError
      const isOver = (isUnconfirmed ? unconfirmed : outage).milliseconds() >= giveUpAfterMs
      if (!(error instanceof SessionStoreUnavailableError) || error.refused !== null || isOver) {
        await run.end('failed', describeError(error)).catch(() => undefined)
        throw error
      }
      if (!isKnown) options.onOutage?.(error)
      isKnown = true
      if (isUnconfirmed) retryMs = LAST_RETRY_MS
      await pause(retryMs)
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)
    }
  }
}

/** With the reason of an outage. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}

/** How long Redis has given no answer, in all, since the operation got further than ever before. */
class OutageTimer {
  #since: number | null = null
  #earlier = 0
  #furthest = 0

  /** Call when an attempt has failed. */
  milliseconds(): number {
    const now = performance.now()
    this.#since ??= now
    return this.#earlier + now - this.#since
  }

  /** Call at each answer. @returns Whether no attempt has got so far: if not, the one thing that fails may be yet to come. */
  advance(position: number): boolean {
    this.#earlier = this.#since === null ? this.#earlier : this.milliseconds()
    this.#since = null
    if (position <= this.#furthest) return false
    this.#furthest = position
    this.#earlier = 0
    return true
  }
}

/** One run of an operation, in this process: attempts until one reaches the end. */
class OperationRun {
  readonly #context: RunContext
  readonly #options: RunOptions
  readonly #startedAt = performance.now()
  #operation: Operation
  #savedAt = Number.NEGATIVE_INFINITY
  readonly #id = randomUUID()
  #hasBegun = false
  #hasStarted = false
  #users = 0
  /** In all passes of this run. */
  #scanned = 0

  constructor(context: RunContext, operation: Operation, options: RunOptions) {
    this.#context = context
    this.#options = options
    this.#operation = operation
  }

  /** One way through all keys. `onAnswer` is called whenever Redis has done a step, with a number that grows. */
  async attempt(onAnswer: (position: number) => void): Promise<void> {
    const { work } = this.#context
    if (!this.#hasBegun) {
      await this.#takeLease()
      onAnswer(0)
      this.#operation = await this.#context.prepare()
    }
    this.#hasBegun = true
    await work.begin(this.#operation)
    await this.#save('running')
    if (!this.#hasStarted) await this.#options.onStart?.(this.#operation)
    this.#hasStarted = true
    const before = { scanned: 0, failed: 0, share: 0 }
    this.#operation = { ...this.#operation, ...before }
    let pass = 1
    for await (const step of work.steps(this.#operation, this.#options.giveUpAfterMs)) {
      onAnswer(step.pass + step.share)
      if (step.pass > pass) this.#operation = { ...this.#operation, ...before }
      pass = step.pass
      this.#add(step)
      await this.#saveNowAndThen()
      await this.#keepToRate()
    }
    await work.finish(this.#operation)
  }

  async end(state: Operation['state'], error: string | null = null): Promise<Operation> {
    if (!this.#hasBegun) return this.#operation // it may be that of another run, or lack its users
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

  /** Waits for an earlier run that was killed, or has yet to notice that it is to stop. */
  async #takeLease(): Promise<void> {
    const { id } = this.#operation
    let seen: string | undefined
    for (;;) {
      const held = await this.#context.log.begin(id, this.#id)
      if (held === null) return
      const isRenewed = seen !== undefined && seen !== held.until
      if (isRenewed && !held.isToStop) throw new OperationStateError(`The operation ${id} is running`)
      seen = held.until
      await pause(SAVE_MS)
    }
  }

  #add({ users, live, matched, revoked, failed, share }: Step): void {
    const before = this.#operation
    this.#users += users
    this.#scanned += live
    this.#operation = {
      ...before,
      scanned: before.scanned + live,
      matched: before.matched + matched,
      revoked: before.revoked + revoked,
      alreadyGone: before.alreadyGone + matched - revoked,
      failed: before.failed + failed,
      share,
    }
    this.#measure()
  }

  #measure(): void {
    const { share } = this.#operation
    const milliseconds = Math.max(performance.now() - this.#startedAt, 1)
    this.#operation = {
      ...this.#operation,
      rate: Math.round((this.#scanned / milliseconds) * 1_000),
      millisecondsLeft: share > 0 ? Math.round((milliseconds * (1 - share)) / share) : null,
    }
  }

  async #save(state: Operation['state']): Promise<void> {
    this.#operation = { ...this.#operation, state, updatedAt: new Date() }
    this.#savedAt = performance.now()
    const isToStop = await this.#context.log.save(this.#operation, this.#id)
    this.#options.onProgress?.(this.#operation)
    if (isToStop && state === 'running') throw new Stopped()
  }

  async #saveNowAndThen(): Promise<void> {
    if (performance.now() - this.#savedAt >= SAVE_MS) await this.#save('running')
  }

  async #keepToRate(): Promise<void> {
    const { maxUsersPerSecond = Number.POSITIVE_INFINITY } = this.#options
    const due = this.#startedAt + (this.#users / maxUsersPerSecond) * 1_000
    for (let early = due - performance.now(); early > 0; early = due - performance.now()) {
      await pause(Math.min(early, SAVE_MS))
      this.#measure()
      await this.#saveNowAndThen() // somebody may want to stop it, or to see that it lives
    }
  }
}
