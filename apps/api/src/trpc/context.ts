import type { Audit } from '@rollcall/auth'
import type { PlaceOf } from '@rollcall/devices'
import type { Administration } from '../administration/administration.js'
import type { Activity } from '../accounts/activity/activity.js'
import type { Auth } from '../accounts/auth.js'
import type { Client } from '../client/client.js'
import type { Limits } from '../limits/limits.js'

/** The context of every procedure. It is a type, not an interface, because the adapter needs an index signature. */
export type Context = {
  readonly auth: Auth
  readonly limits: Limits
  readonly activity: Activity
  readonly administration: Administration
  readonly placeOf: PlaceOf
  readonly audit: Audit
  /** Headers of the request. Nobody is authenticated here, because the calls of a batch share a context, but not a moment. */
  readonly headers: Headers
  readonly client: Client
  /** Headers of the answer; they are complete only with a link that does not stream. */
  readonly responseHeaders: Headers
  /** Makes the refusal of a stream, which tRPC sends as an event, look like that of a query. */
  readonly refuseAsQuery: () => void
}
