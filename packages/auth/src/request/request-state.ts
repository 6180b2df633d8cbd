import { clientHintsOf } from '@rollcall/devices'
import type { CustomEvent, NewSession, Session, SessionStore } from '@rollcall/session-store'
import { defineRequestState, hasRequestState } from '@better-auth/core/context'
import { currentHeaders } from './current-endpoint.js'

/** A session that better-auth was given, and that the store does not have. */
export interface HeldSignIn {
  readonly token: string
  readonly session: Session
  readonly newSession: NewSession
}

/** The state of a request, from the first hook of the plugin to the last. */
export interface RequestState {
  /**
   * When the sign-in began, by Redis' clock: before its password was checked. The request itself began then,
   * or, where a pending link, code or second factor completes the sign-in, the request that wrote its row.
   * `null` where no sign-in can begin.
   */
  startedAt: Promise<Date> | null
  /** The IP address of the client that the application trusts, in its short form. */
  ipAddress: string | null
  /** The store gave no answer at some point. better-auth swallows some of these; the reply must not. */
  outage: boolean
  /** The user whose ways in this request has changed: an outage after that does not take it back. */
  committedFor: string | null
  /** The first error of the database. An endpoint may answer it as if the person were wrong. */
  databaseError: Error | null
  /** Users made by this request: their first password changes nobody's credentials. */
  readonly newUsers: Set<string>
  /** Users all of whose sessions this request has revoked, such as before their deletion. */
  readonly revokedUsers: Set<string>
  /** This request revokes sessions, so it may take the cookie of its own away. */
  revokesSessions: boolean
  /** A session that the store gets once no code is due. */
  heldSignIn: HeldSignIn | null
  /** The store has refused that session, whose cookie better-auth has set already. */
  isOvertaken: boolean
  /** The session of this browser has a new secret, which the browser needs whatever the answer is. */
  isCookieReplaced: boolean
  /** Sessions made by this request and alive, by id: it may yet end them, as after an outage. */
  readonly signedIn: Map<string, Session>
  /** The ids of those that were made before an endpoint of this request began. A hook of the application may call another one. */
  readonly madeBefore: WeakMap<object, ReadonlySet<string>>
  /** The user whose session has been proved again by this request. */
  provedFor: string | null
  /** The ids of those that the audit has. */
  readonly recorded: Set<string>
  /** The tokens, earlier and new, of the session that a sign-in renews. The request came with the earlier one. */
  renewed: { readonly from: string; readonly to: string } | null
  /** Every token that better-auth has met in this request: no answer may hold one. */
  readonly tokens: Set<string>
  /** The token that takes the place of the one of better-auth that the request came with. */
  imported: string | null
  /** The last hook of the plugin has let the answer of an HTTP request pass. */
  isAnswered: boolean
  /** A session of the same user whose cookie a sign-in replaces, but whose place it does not take. */
  leftBehind: Session | null
  /** Whether the person wants their other sessions revoked with a change of a way in; `null` where they do not say. */
  revokeOtherSessions: boolean | null
  /** Whether the new session outlives the browser; `null` where better-auth decides. */
  isRemembered: boolean | null
  /** The row of a code that this request gives and that counts as wrong until it was checked. */
  countedCode: string | null
  /** This request turns a second factor on. */
  isEnrolling: boolean
  /** Takes back what this request wrote, in the order of its writes, for an outage later in it. */
  readonly undos: (() => Promise<unknown>)[]
  /** Something was taken back: this request signs nobody in any more. */
  isUndone: boolean
  /** The id of the browser that it comes from; `null` for none, or where browsers are not remembered. */
  browser: string | null
}

/** Longest user agent that is kept; a hostile one must not fill Redis. */
export const MAX_TEXT = 512

const emptyState = (): RequestState => ({
  startedAt: null,
  ipAddress: null,
  outage: false,
  committedFor: null,
  databaseError: null,
  newUsers: new Set(),
  revokedUsers: new Set(),
  revokesSessions: false,
  heldSignIn: null,
  isOvertaken: false,
  isCookieReplaced: false,
  signedIn: new Map(),
  madeBefore: new WeakMap(),
  provedFor: null,
  recorded: new Set(),
  renewed: null,
  tokens: new Set(),
  imported: null,
  isAnswered: false,
  leftBehind: null,
  revokeOtherSessions: null,
  isRemembered: null,
  countedCode: null,
  isEnrolling: false,
  undos: [],
  isUndone: false,
  browser: null,
})

const state = defineRequestState(emptyState)

/** Outside of a request (a script that calls the adapter), every call is a request of its own. */
export async function requestState(): Promise<RequestState> {
  return (await hasRequestState()) ? state.get() : emptyState()
}

/** No sign-in begins here, and some are called often. */
const withoutSignIn = new Set(['/get-session', '/sign-out'])

/** Dates the sign-in that may come of this request. If Redis gives no time, nobody signs in; the rest may succeed. */
export async function beginSignIn(store: SessionStore, path: string): Promise<void> {
  if (withoutSignIn.has(path)) return
  const state = await requestState()
  state.startedAt ??= store.time()
  await state.startedAt.catch(() => undefined)
}

/** The IP address, user agent and hints of a request's device, with a session or without. */
export async function clientInfo(): Promise<Omit<CustomEvent, 'name'>> {
  const headers = currentHeaders()
  const { ipAddress } = await requestState()
  if (headers === undefined) return { ipAddress }
  return { ipAddress, userAgent: headers.get('user-agent')?.slice(0, MAX_TEXT) || null, data: clientHintsOf(headers) }
}
