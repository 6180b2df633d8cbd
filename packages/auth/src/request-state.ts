import { defineRequestState, hasRequestState } from '@better-auth/core/context'

/** What the plugin remembers between the first hook of a request and the last. */
export interface RequestState {
  /** When the request began: a sign-in is as old as the moment before its password was checked. */
  readonly startedAt: Date
  /** Where it came from, as the application trusts it; in the short form that people know. */
  ipAddress: string | null
  /** The store gave no answer at some point. better-auth swallows some of these; the reply must not. */
  outage: boolean
  /** Users made by this request: their first password changes nobody's credentials. */
  readonly newUsers: Set<string>
  /** The token that replaces the one of the request, after a password change. */
  rotatedToken: string | null
}

const fresh = (): RequestState => ({ startedAt: new Date(), ipAddress: null, outage: false, newUsers: new Set(), rotatedToken: null })

const state = defineRequestState(fresh)

/** Outside of a request (a script that calls the adapter), every call is a request of its own. */
export async function requestState(): Promise<RequestState> {
  return (await hasRequestState()) ? state.get() : fresh()
}
