import type { Activity, Audit, Auth } from '@rollcall/auth'
import type { SessionStore } from '@rollcall/session-store'
import type { Limits } from './limits.js'
import type { PlaceOf } from './places.js'
import type { Streams } from './streams.js'

/** What every procedure is given. A type, not an interface: the adapter wants an indexable one. */
export type Context = {
  readonly auth: Auth
  readonly store: SessionStore
  readonly limits: Limits
  readonly streams: Streams
  readonly placeOf: PlaceOf
  readonly activity: Activity
  readonly audit: Audit
  /** Whether a proof of the password at this time is still good enough to end other devices. */
  readonly isRecent: (authenticatedAt: Date) => boolean
  /** Of the request. Nobody is authenticated here: calls of one batch share a context, but not a moment. */
  readonly headers: Headers
  readonly clientAddress: string
  /** Of the answer; only complete with a link that does not stream. */
  readonly responseHeaders: Headers
}
