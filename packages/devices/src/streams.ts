import type { Session, SessionChanges, SessionStore } from '@rollcall/session-store'
import { createAdmission } from './admission.js'
import { asSeenBy, type Device, listDevices, type PlaceOf } from './device-list.js'
import { DeviceStream, type StreamContext, type StreamMessage } from './device-stream.js'
import { nameOf as nameByTable } from './device-name/name-of.js'
import type { NameOf } from './device-name/app-names.js'
import { coalesce, takeTurns } from './event-loop.js'

export interface Streams {
  /**
   * Ends with the session, or with `signal`. If this server shuts down, or the session gets a new secret, it ends without the
   * last message. Then the page opens another stream. If that one comes to this server too, it ends after the devices.
   *
   * @throws {TooManyStreamsError} when this session or user has too many streams here.
   */
  open(
    signedIn: { session: Session; token: string },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StreamMessage, void>
  /** The devices of a user as nobody in particular sees them, latest seen first. */
  list(userId: string): Promise<Device[]>
  /** How many are open. */
  size(): number
  /** Ends all of them. Each that is still to be opened ends after its first message. */
  close(): void
}

export interface StreamsOptions {
  /** The store that holds the sessions. */
  readonly store: SessionStore
  /** Finds the place of an IP address, for the devices. Default: no device has a place. */
  readonly placeOf?: PlaceOf
  /** Names the devices; `createNameOf` adds names of your own apps. Default: `nameOf`. */
  readonly nameOf?: NameOf
  /** The changes that the store publishes. */
  readonly changes: Pick<SessionChanges, 'watch'>
  /**
   * Milliseconds after which an open stream validates its session again. If the message about a revocation is lost, the stream
   * stays open for at most that long. Default: 15 s.
   */
  readonly revalidateEvery?: number
}

export function createStreams({
  store,
  placeOf = () => null,
  nameOf = nameByTable,
  changes,
  revalidateEvery = 15_000,
}: StreamsOptions): Streams {
  const admit = createAdmission()
  const list = (userId: string): Promise<Device[]> => listDevices({ store, placeOf, nameOf }, userId)
  const listOnce = coalesce(async (userId) => {
    const devices = await list(userId)
    return { devices, nextExpiry: Math.min(...devices.map((device) => Date.parse(device.expiresAt))) }
  })
  const context: StreamContext = {
    store,
    clock: store.clock,
    nameOf,
    revalidateEvery,
    list: listOnce,
    inTurn: takeTurns(),
  }
  const streams = new Set<DeviceStream>()
  let isClosed = false

  return {
    async *open({ session, token }, signal) {
      if (isClosed) {
        const { devices } = await listOnce(session.userId)
        yield { type: 'devices', devices: asSeenBy(session.id, devices) }
        return
      }
      const release = admit(session)
      const stream = new DeviceStream(context, session, token)
      const wake = (): void => stream.wake()
      const unwatch = changes.watch(session.userId, (change) => stream.observe(change))
      streams.add(stream)
      signal?.addEventListener('abort', wake)
      try {
        yield* stream.messages(() => isClosed || signal?.aborted === true)
      } finally {
        unwatch()
        signal?.removeEventListener('abort', wake)
        streams.delete(stream)
        release()
      }
    },
    list,
    size: () => streams.size,
    close() {
      isClosed = true
      for (const stream of streams) stream.wake()
    },
  }
}
