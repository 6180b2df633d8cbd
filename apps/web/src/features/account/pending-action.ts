import { expectedSession } from '../../api/expected-session.js'

/** An action that needs a recent proof, with all that it takes to go on after one: ids, names and choices, but never a secret. */
export interface PendingActions {
  'sign-out': { readonly id: string; readonly name: string }
  'sign-out-earlier': { readonly id: string; readonly name: string }
  'sign-out-several': { readonly ids: readonly string[] }
  'sign-out-others': object
  'sign-out-everywhere': object
  'was-not-me': { readonly name: string; readonly liveIds: readonly string[] }
  'add-passkey': { readonly revokeOtherSessions: boolean }
  'remove-passkey': { readonly id: string; readonly name: string }
  'link-provider': { readonly provider: string; readonly revokeOtherSessions: boolean }
  'unlink-provider': { readonly id: string; readonly name: string }
  'change-factor': { readonly change: 'on' | 'renew' | 'off'; readonly revokeOtherSessions?: boolean }
  'change-email': { readonly email: string }
  /** Its form is opened again, because the new password is a secret. */
  'set-password': object
  /** Its question is asked again. */
  'delete-account': object
}

export type PendingAction = {
  [Name in keyof PendingActions]: { readonly name: Name; readonly input: PendingActions[Name] }
}[keyof PendingActions]

interface Kept {
  readonly action: PendingAction
  /** The session of the page that asked. No other session may go on with it. */
  readonly sessionId: string
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly isProven: boolean
}

/** In the storage of this tab. */
const KEY = 'rollcall.pendingAction'
/** As long as a question to a provider lives. */
const ASKED_LIFE_MS = 10 * 60_000
/** From the proof until a page goes on. Later, a person no longer expects it. */
const PROVEN_LIFE_MS = 60_000

/** Keeps what waits for a proof while another site is shown. `null`: nothing waits. */
export function keepPendingAction(action: PendingAction | null): void {
  const sessionId = expectedSession()
  if (action === null || sessionId === undefined) sessionStorage.removeItem(KEY)
  else store({ action, sessionId, until: Date.now() + ASKED_LIFE_MS, isProven: false })
}

/** A proof was given. Returns whether an action waits for it. */
export function provePendingAction(): boolean {
  const kept = read()
  if (kept === null) return false
  store({ ...kept, until: Date.now() + PROVEN_LIFE_MS, isProven: true })
  return true
}

/** No proof was given. Returns whether an action waited for one. */
export function dropPendingAction(): boolean {
  const kept = read()
  sessionStorage.removeItem(KEY)
  return kept !== null
}

/**
 * Takes the action out of the storage, so that it is done once. `null` without a proof, and for another session.
 *
 * @param sessionId of the account that is shown. Calls must be bound to it: the API then refuses them for any other.
 */
export function takePendingAction(
  sessionId: string,
  isExpected: (name: keyof PendingActions) => boolean,
): PendingAction | null {
  const kept = read()
  if (!kept?.isProven || kept.sessionId !== sessionId || sessionId !== expectedSession()) return null
  if (!isExpected(kept.action.name)) return null
  sessionStorage.removeItem(KEY)
  return kept.action
}

function store(kept: Kept): void {
  sessionStorage.setItem(KEY, JSON.stringify(kept))
}

function read(): Kept | null {
  const text = sessionStorage.getItem(KEY)
  if (text === null) return null
  const kept = JSON.parse(text) as Kept // only this file writes it
  if (Date.now() < kept.until) return kept
  sessionStorage.removeItem(KEY)
  return null
}
