import type { Clock, SessionChange } from '@rollcall/session-store'
import type { NameOf } from './device-name/app-names.js'
import { type SessionEnd, mayConcern, namesSession, toSessionEnd } from './session-end.js'

/**
 * The effect of messages about a user on one of the user's sessions, until the store is asked. Messages are not queued, so
 * this stays small however many come.
 */
export class PendingChanges {
  readonly #sessionId: string
  readonly #clock: Clock
  readonly #nameOf: NameOf
  /** No message is missed. */
  isLive = false
  /** The list has changed. */
  isListStale = true
  /** The session has a new secret. */
  isRotated = false
  /** The session may have ended: the store decides. */
  ended: SessionEnd | undefined
  /** A message named this very session as ended. Then a refused token does not mean that there is a new secret. */
  isNamed = false

  constructor(sessionId: string, clock: Clock, nameOf: NameOf) {
    this.#nameOf = nameOf
    this.#sessionId = sessionId
    this.#clock = clock
  }

  record(change: SessionChange): void {
    if (change.kind === 'live' || change.kind === 'lost') this.isLive = change.kind === 'live'
    if (change.kind === 'rotated') this.isRotated ||= change.id === this.#sessionId
    this.isListStale = true // after a rotation too: the list shows the latest proof
    if (change.kind === 'ended' && mayConcern(change, this.#sessionId)) {
      this.ended ??= toSessionEnd(change, this.#sessionId, this.#clock(), this.#nameOf)
      this.isNamed ||= namesSession(change, this.#sessionId)
    }
  }
}
