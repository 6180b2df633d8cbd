import type { Audit } from '@rollcall/auth'
import type { PlaceOf } from '@rollcall/devices'
import type { Activity } from '../accounts/activity.js'
import type { Auth } from '../accounts/auth.js'
import type { Client } from '../http/client.js'
import type { Limits } from '../limits/limits.js'

/** What every procedure is given. A type, not an interface: the adapter wants an indexable one. */
export type Context = {
  readonly auth: Auth
  readonly limits: Limits
  readonly activity: Activity
  readonly placeOf: PlaceOf
  readonly audit: Audit
  /** Of the request. Nobody is authenticated here: calls of one batch share a context, but not a moment. */
  readonly headers: Headers
  readonly client: Client
  /** Of the answer; only complete with a link that does not stream. */
  readonly responseHeaders: Headers
}
