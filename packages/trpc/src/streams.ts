import { type Clock, type Session, type SessionChange, type SessionChanges, type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'
import { TRPCError } from '@trpc/server'
import { asSeenBy, type Device, listDevices, nameOf, type PlaceOf } from './device-list.js'

/** What an open page is told. Each message is whole: whoever missed some has missed nothing. */
export type StreamMessage =
  /** The devices as they are now: at first, and after every change. */
  | { readonly type: 'devices'; readonly devices: Device[] }
  /** Changes cannot be seen at the moment, so that the devices may be out of date. Nobody was signed out. */
  | { readonly type: 'waiting' }
  /** The session of the page has ended. The last message. */
  | Ended

export interface Ended {
  readonly type: 'ended'
  /** What ended it; `unknown` where only that it has ended could be seen. */
  readonly cause: Ending['cause'] | 'expired' | 'unknown'
  /** The device that asked for it. */
  readonly by: { readonly isSelf: boolean; readonly browser: string; readonly os: string } | null
  /** ISO 8601. */
  readonly at: string
}

export interface Streams {
  /**
   * Ends with the session, or with `signal`. It ends without that message, for the page to open another
   * one, when this server shuts down and when the session has got a new secret.
   *
   * @throws {TRPCError} TOO_MANY_REQUESTS when this session or user has too many streams here.
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

/** On one server. A browser needs one, however many tabs it shows. */
const MOST_PER_SESSION = 10
const MOST_PER_USER = 100

/** Milliseconds by which the message about an ending may come later than the news that the session has ended. */
const GRACE = 100
/** Milliseconds until a store that gave no answer is asked again. */
const RETRY = 1_000

export function createStreams({ store, placeOf = () => null, changes, clock = Date.now, revalidateEvery = 15_000 }: StreamsOptions): Streams {
  const admit = admission()
  const list = (userId: string): Promise<Device[]> => listDevices({ store, placeOf }, userId)
  const listOnce = shared(async (userId) => {
    const devices = await list(userId)
    return { devices, nextExpiry: Math.min(...devices.map((device) => Date.parse(device.expiresAt))) }
  })
  const inTurn = oneByOne()
  const wakers = new Set<() => void>()
  let closed = false

  async function* open({ session, token }: { session: Session; token: string }, signal: AbortSignal | undefined) {
    const release = admit(session)
    // What is told is not queued. It only says what there is to look at, however much of it comes.
    const told: { live: boolean; stale: boolean; rotated: boolean; ending?: Ended | undefined } = { live: false, stale: true, rotated: false }
    const { wake, sleep } = sleeper()
    const stop = changes.watch(session.userId, (change) => {
      if (change.kind === 'live' || change.kind === 'lost') told.live = change.kind === 'live'
      if (change.kind === 'rotated') told.rotated ||= change.id === session.id
      else told.stale = true
      if (change.kind === 'ended' && speaksOf(change, session.id)) told.ending ??= endedBy(change, session.id, clock())
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
      const { devices } = await listOnce(session.userId)
      told.rotated ||= devices.some(({ id }) => id === session.id)
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
        // Never thrown: tRPC asks for the next message ahead of time, when nobody waits to hear of an error.
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

/**
 * What is asked for in one turn of the event loop is read once, after that turn: so a change costs one read
 * of the list, however many pages its user has open, and no page is shown a list from before its news.
 */
function shared<T>(read: (userId: string) => Promise<T>): (userId: string) => Promise<T> {
  const soon = new Map<string, Promise<T>>()
  return (userId) => {
    const reading =
      soon.get(userId) ??
      new Promise((resolve) => setImmediate(resolve)).then(() => {
        soon.delete(userId)
        return read(userId)
      })
    soon.set(userId, reading)
    return reading
  }
}

/**
 * Gives each caller a turn of the event loop of its own: to put a message on its way takes part of a millisecond, and a
 * thousand of them in one turn would keep requests waiting, and answers of Redis unread until they count as an outage.
 */
function oneByOne(): () => Promise<void> {
  let last = Promise.resolve()
  return () => (last = last.then(() => new Promise((resolve) => setImmediate(resolve))))
}

function admission(): (session: Session) => () => void {
  const counts = new Map<string, number>()
  return ({ id, userId }) => {
    const limits = [[`session ${id}`, MOST_PER_SESSION], [`user ${userId}`, MOST_PER_USER]] as const
    if (limits.some(([key, most]) => (counts.get(key) ?? 0) >= most)) {
      throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'Too many pages of this device are open' })
    }
    const count = (step: 1 | -1): void => {
      for (const [key] of limits) {
        const open = (counts.get(key) ?? 0) + step
        if (open === 0) counts.delete(key)
        else counts.set(key, open)
      }
    }
    count(1)
    return () => count(-1)
  }
}

/** A sleep that can be ended before its time. */
function sleeper(): { wake(): void; sleep(milliseconds: number): Promise<void> } {
  let wake = (): void => undefined
  return {
    wake: () => wake(),
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, milliseconds))
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}

type Ending = Extract<SessionChange, { kind: 'ended' }>

function speaksOf(ending: Ending, sessionId: string): boolean {
  return 'ids' in ending ? ending.ids.includes(sessionId) : ending.allBut !== sessionId
}

function endedBy({ cause, by }: Ending, sessionId: string, now: number): Ended {
  const at = new Date(now).toISOString()
  if (by === null) return { type: 'ended', cause, by, at }
  const { browser, os } = nameOf(by)
  return { type: 'ended', cause, by: { isSelf: by.id === sessionId, browser, os }, at }
}
