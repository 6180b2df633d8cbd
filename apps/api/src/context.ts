import type { Activity, Audit, Auth } from '@rollcall/auth'
import type { PlaceOf } from '@rollcall/trpc'
import type { Client } from './client.js'
import type { Limits } from './limits.js'

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
