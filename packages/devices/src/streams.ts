import { type Clock, type Session, type SessionChanges, type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'
import { admission } from './admission.js'
import { asSeenBy, type Device, listDevices, type PlaceOf } from './device-list.js'
import { type Ended, endedBy, mayConcern, names } from './ending.js'
import { coalesce, sleeper, takeTurns } from './turns.js'

export type { Ended } from './ending.js'

/** What an open page is told. Each message is whole: whoever missed some has missed nothing. */
export type StreamMessage =
  /** The devices as they are now: at first, and after every change. */
  | { readonly type: 'devices'; readonly devices: Device[] }
  /** Changes cannot be seen at the moment, so that the devices may be out of date. Nobody was signed out. */
  | { readonly type: 'waiting' }
  /** The session of the page has ended. The last message. */
  | Ended

export interface Streams {
  /**
   * Ends with the session, or with `signal`. It ends without that message, for the page to open another
   * one, when this server shuts down and when the session has got a new secret.
   *
   * @throws {TooManyStreamsError} when this session or user has too many streams here.
   */
  open(signedIn: { session: Session; token: string }, signal: AbortSignal | undefined): AsyncGenerator<StreamMessage, void>
  /** The devices of a user as nobody in particular sees them, latest seen first. */
  list(userId: string): Promise<Device[]>
  /** How many are open. */
  size(): number
  /** Ends all of them, and each that is still to be opened. */
  close(): void
}

export interface StreamsOptions {
  readonly store: SessionStore
  /** Where the address of a device is. Default: nothing is known. */
  readonly placeOf?: PlaceOf
  readonly changes: SessionChanges
  readonly clock?: Clock
  /**
   * Milliseconds after which an open stream asks the store anew whether its session still signs in: how
   * long one can outlive it when the message that ends it is lost. Default 15 s.
   */
  readonly revalidateEvery?: number
}

/** Milliseconds by which the message about an ending may come later than the news that the session has ended. */
const GRACE = 100
/** Milliseconds until a store that gave no answer is asked again. */
const RETRY = 1_000

/** What the messages of Redis say there is to look at. */
interface Told {
  /** Nothing is missed. */
  live: boolean
  /** The list has changed. */
  stale: boolean
  /** The session has a new secret. */
  rotated: boolean
  /** The session may have ended: the store decides. */
  ending?: Ended | undefined
  /** A message said so of this very session: then no new secret is why the token is refused. */
  named: boolean
}

export function createStreams({ store, placeOf = () => null, changes, clock = Date.now, revalidateEvery = 15_000 }: StreamsOptions): Streams {
  const admit = admission()
  const list = (userId: string): Promise<Device[]> => listDevices({ store, placeOf }, userId)
  const listOnce = coalesce(async (userId) => {
    const devices = await list(userId)
    return { devices, nextExpiry: Math.min(...devices.map((device) => Date.parse(device.expiresAt))) }
  })
  const inTurn = takeTurns()
  const wakers = new Set<() => void>()
  let closed = false

  async function* open({ session, token }: { session: Session; token: string }, signal: AbortSignal | undefined) {
    const release = admit(session)
    // What is told is not queued. It only says what there is to look at, however much of it comes.
    const told: Told = { live: false, stale: true, rotated: false, named: false }
    const { wake, sleep } = sleeper()
    const stop = changes.watch(session.userId, (change) => {
      if (change.kind === 'live' || change.kind === 'lost') told.live = change.kind === 'live'
      if (change.kind === 'rotated') told.rotated ||= change.id === session.id
      else told.stale = true
      if (change.kind === 'ended' && mayConcern(change, session.id)) {
        told.ending ??= endedBy(change, session.id, clock())
        told.named ||= names(change, session.id)
      }
      wake()
    })
    wakers.add(wake)
    signal?.addEventListener('abort', wake)

    let [upToDate, answered, nextLook] = [false, true, performance.now() + revalidateEvery]
    let [expiresAt, nextExpiry] = [session.expiresAt.getTime(), Number.POSITIVE_INFINITY]

    const hasNews = (): boolean => told.live && answered && (told.stale || clock() >= nextExpiry)
    const mayHaveEnded = (): boolean => answered && told.ending !== undefined

    /** Asks whether the session still signs in, which is not recorded as activity, and for the devices if they changed. */
    async function look(): Promise<StreamMessage | null> {
      const news = hasNews()
      if (news) told.stale = false // before the answer: what is told from here on is looked at again
      nextLook = performance.now() + revalidateEvery
      const { ending } = told
      told.ending = undefined // of a session that lives on it was not true: it came late, and is older than the session
      try {
        const current = await store.validate(token, { strict: true })
        if (current === null) return await gone(ending)
        answered = true
        told.named = false
        expiresAt = current.expiresAt.getTime()
        if (!news) return null
        const seen = await listOnce(session.userId)
        nextExpiry = seen.nextExpiry
        return { type: 'devices', devices: asSeenBy(session.id, seen.devices) }
      } catch (error) {
        if (!(error instanceof SessionStoreUnavailableError)) throw error
        told.stale = true
        told.ending = ending ?? told.ending
        answered = false
        nextLook = performance.now() + Math.min(RETRY, revalidateEvery)
        return null
      }
    }

    async function gone(ending: Ended | undefined): Promise<StreamMessage | null> {
      if (!told.named) {
        const { devices } = await listOnce(session.userId)
        told.rotated ||= devices.some(({ id }) => id === session.id)
      }
      if (told.rotated) return null
      if (told.live && (ending ?? told.ending) === undefined) await sleep(GRACE)
      const cause = clock() >= expiresAt ? 'expired' : 'unknown'
      return ending ?? told.ending ?? { type: 'ended', cause, by: null, at: new Date(clock()).toISOString() }
    }

    async function next(): Promise<StreamMessage | null> {
      if (hasNews() || mayHaveEnded() || performance.now() >= nextLook) return look()
      if (upToDate && !(told.live && answered)) return { type: 'waiting' }
      await sleep(Math.min(nextLook - performance.now(), told.live && answered ? nextExpiry - clock() : Number.POSITIVE_INFINITY))
      return null
    }

    try {
      for (;;) {
        // Never thrown: a server may ask for the next message ahead of time, when nobody waits to hear of an error.
        if (closed || told.rotated || signal?.aborted) return
        const message = await next()
        if (message === null) continue
        await inTurn()
        if (message.type === 'devices' && told.ending !== undefined) continue // its own session may not be among them by now
        upToDate = message.type === 'devices'
        yield message
        if (message.type === 'ended') return
      }
    } finally {
      stop()
      signal?.removeEventListener('abort', wake)
      wakers.delete(wake)
      release()
    }
  }

  return {
    open,
    list,
    size: () => wakers.size,
    close() {
      closed = true
      for (const wake of wakers) wake()
    },
  }
}
