import {
  type Clock,
  type Session,
  type SessionChange,
  type SessionStore,
  SessionStoreUnavailableError,
} from '@rollcall/session-store'
import { asSeenBy, type Device } from './device-list.js'
import type { SessionEnd } from './session-end.js'
import { PendingChanges } from './pending-changes.js'
import type { NameOf } from './device-name/app-names.js'
import { createSleeper } from './event-loop.js'

/** A message to an open page. Each is complete and needs no earlier one. */
export type StreamMessage =
  /** The devices as they are now: at first, and after every change. */
  | { readonly type: 'devices'; readonly devices: Device[] }
  /** Changes cannot be seen at the moment, so that the devices may be out of date. Nobody was signed out. */
  | { readonly type: 'waiting' }
  /** The session of the page has ended. The last message. */
  | SessionEnd

/** The parts that all streams of one server share. */
export interface StreamContext {
  readonly store: SessionStore
  readonly clock: Clock
  readonly nameOf: NameOf
  /** Milliseconds after which a stream asks the store again whether its session still signs in. */
  readonly revalidateEvery: number
  /** One read for all streams of a user that ask in the same turn. `nextExpiry`: of the first device, by the clock. */
  readonly list: (userId: string) => Promise<{ devices: Device[]; nextExpiry: number }>
  /** Resolves in a turn of the event loop in which no other stream sends. */
  readonly inTurn: () => Promise<void>
}

/** Milliseconds by which the message about a revocation may come later than its effect. */
const GRACE_MS = 100
/** Milliseconds until a store that gave no answer is asked again. */
const RETRY_MS = 1_000

/** The next step of a stream. */
type Step = 'check' | 'report-waiting' | 'sleep'

/**
 * The stream of one page. Messages of Redis only say what there is to check; the store decides. It is a state machine: its
 * state are the private fields, `#nextStep` chooses the step, and each step may give one message.
 */
export class DeviceStream {
  readonly #context: StreamContext
  readonly #session: Session
  readonly #token: string
  readonly #pending: PendingChanges
  readonly #sleeper = createSleeper()
  /** The store answered the last check. */
  #isAnswered = true
  /** The page shows the devices as they are. */
  #isUpToDate = false
  /** When the store is asked at the latest, by `performance.now()`. */
  #nextCheck: number
  /** When the session expires, by the clock. */
  #expiresAt: number
  /** When the first of the devices expires that the page shows, by the clock. */
  #listExpiresAt = Number.POSITIVE_INFINITY

  constructor(context: StreamContext, session: Session, token: string) {
    this.#context = context
    this.#session = session
    this.#token = token
    this.#pending = new PendingChanges(session.id, context.clock, context.nameOf)
    this.#nextCheck = performance.now() + context.revalidateEvery
    this.#expiresAt = session.expiresAt.getTime()
  }

  observe(change: SessionChange): void {
    this.#pending.record(change)
    this.wake()
  }

  /** Makes a stream that sleeps choose its next step now. */
  wake(): void {
    this.#sleeper.wake()
  }

  async *messages(isClosed: () => boolean): AsyncGenerator<StreamMessage, void> {
    for (;;) {
      // It never throws, because a server may ask for the next message ahead of time, when nobody handles an error.
      if (isClosed() || this.#pending.isRotated) return
      const message = await this.#take(this.#nextStep())
      if (message === null) continue
      await this.#context.inTurn()
      if (message.type === 'devices' && this.#pending.ended !== undefined) continue // its own session may not be among them by now
      this.#isUpToDate = message.type === 'devices'
      yield message
      if (message.type === 'ended') return
    }
  }

  #nextStep(): Step {
    const mayHaveEnded = this.#isAnswered && this.#pending.ended !== undefined
    if (this.#hasListChanged || mayHaveEnded || performance.now() >= this.#nextCheck) return 'check'
    return this.#isUpToDate && !this.#seesChanges ? 'report-waiting' : 'sleep'
  }

  async #take(step: Step): Promise<StreamMessage | null> {
    if (step === 'check') return this.#check()
    if (step === 'report-waiting') return { type: 'waiting' }
    const untilExpiry = this.#seesChanges ? this.#listExpiresAt - this.#context.clock() : Number.POSITIVE_INFINITY
    await this.#sleeper.sleep(Math.min(this.#nextCheck - performance.now(), untilExpiry))
    return null
  }

  get #seesChanges(): boolean {
    return this.#pending.isLive && this.#isAnswered
  }

  get #hasListChanged(): boolean {
    return this.#seesChanges && (this.#pending.isListStale || this.#context.clock() >= this.#listExpiresAt)
  }

  /** Asks whether the session still signs in, which is not recorded as a use, and for the devices if they changed. */
  async #check(): Promise<StreamMessage | null> {
    const { store, revalidateEvery } = this.#context
    const pending = this.#pending
    const readsList = this.#hasListChanged
    if (readsList) pending.isListStale = false // before the answer: a change from here on is checked again
    this.#nextCheck = performance.now() + revalidateEvery
    const { ended: announced } = pending
    pending.ended = undefined // of a session that lives on it was not true: it came late, and is older than the session
    try {
      const current = await store.validate(this.#token, { strict: true })
      if (current === null) return await this.#ended(announced)
      this.#isAnswered = true
      pending.isNamed = false
      this.#expiresAt = current.expiresAt.getTime()
      return readsList ? await this.#list() : null
    } catch (error) {
      if (!(error instanceof SessionStoreUnavailableError)) throw error
      pending.isListStale = true
      pending.ended = announced ?? pending.ended
      this.#isAnswered = false
      this.#nextCheck = performance.now() + Math.min(RETRY_MS, revalidateEvery)
      return null
    }
  }

  async #list(): Promise<StreamMessage> {
    const { devices, nextExpiry } = await this.#context.list(this.#session.userId)
    this.#listExpiresAt = nextExpiry
    return { type: 'devices', devices: asSeenBy(this.#session.id, devices) }
  }

  /** The last message, or `null` if the token was refused because the session has a new one. */
  async #ended(announced: SessionEnd | undefined): Promise<SessionEnd | null> {
    const pending = this.#pending
    if (!pending.isNamed) {
      const { devices } = await this.#context.list(this.#session.userId)
      pending.isRotated ||= devices.some(({ id }) => id === this.#session.id)
    }
    if (pending.isRotated) return null
    if (pending.isLive && (announced ?? pending.ended) === undefined) await this.#sleeper.sleep(GRACE_MS)
    const now = this.#context.clock()
    const cause = now >= this.#expiresAt ? 'expired' : 'unknown'
    return announced ?? pending.ended ?? { type: 'ended', cause, by: null, at: new Date(now).toISOString() }
  }
}
