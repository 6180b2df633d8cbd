import { expectedSession } from '../../api/expected-session.js'
import type { AccountPath } from './session.js'

/** A way in that is removed. */
interface Removal {
  /** The password has none. */
  readonly id?: string
  readonly name: string
  readonly revokeOtherSessions: boolean
}

/** An action that needs a recent proof, and all that it takes to go on after one. It holds ids, names, choices and words, but no secret. */
export interface PendingActions {
  'sign-out': { readonly id: string; readonly name: string }
  'sign-out-earlier': { readonly id: string; readonly name: string }
  'sign-out-several': { readonly ids: readonly string[] }
  'sign-out-others': object
  'sign-out-everywhere': object
  'was-not-me': { readonly name: string; readonly liveIds: readonly string[] }
  'add-passkey': { readonly revokeOtherSessions: boolean }
  'remove-passkey': Removal
  'link-provider': { readonly provider: string; readonly revokeOtherSessions: boolean }
  'unlink-provider': Removal
  'remove-password': Removal
  'change-factor': { readonly change: 'on' | 'renew' | 'off'; readonly revokeOtherSessions?: boolean }
  'change-email': { readonly email: string }
  /** Its form is opened again, because the new password is a secret. */
  'set-password': object
  /** Its question is asked again. */
  'delete-account': object
  /** An administrator's change that concerns one person, or one of their sessions. */
  'change-person': {
    readonly change: 'all' | 'reset' | 'ban' | 'unban'
    readonly id: string
    readonly sessionId?: string
    readonly reason: string
  }
  /** It concerns many people, so the form is filled in again, and the number is asked for. */
  'sign-out-filtered': { readonly fields: Readonly<Record<string, string>>; readonly reason: string }
  'stop-operation': { readonly id: string }
  /** Its question is asked again. */
  'resume-operation': { readonly id: string }
}

export type PendingAction = {
  [Name in keyof PendingActions]: { readonly name: Name; readonly input: PendingActions[Name] }
}[keyof PendingActions]

interface StoredAction {
  readonly action: PendingAction
  /** The page that asked, and that goes on with it. */
  readonly path: AccountPath
  /** The session of that page. No other session may go on with it. */
  readonly sessionId: string
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly isProven: boolean
}

/** In the storage of this tab. If that is full or denied, nothing is stored: the person then asks again after the proof. */
const KEY = 'rollcall.pendingAction'
/** As long as a question to a provider lives. */
const ASKED_LIFE_MS = 10 * 60_000
/** From the proof until the page goes on. Later, a person no longer expects it. */
const PROVED_LIFE_MS = 30_000

/** Keeps what waits for a proof while another site is shown. `null`: nothing waits. */
export function keepPendingAction(action: PendingAction | null, path: AccountPath): void {
  const sessionId = expectedSession()
  if (action === null || sessionId === undefined) remove()
  else store({ action, path, sessionId, until: Date.now() + ASKED_LIFE_MS, isProven: false })
}

/** A proof was given. Returns whether an action waits for it. */
export function provePendingAction(): boolean {
  const stored = read()
  if (stored !== null && isAlive(stored))
    return store({ ...stored, until: Date.now() + PROVED_LIFE_MS, isProven: true })
  remove()
  return false
}

/** No proof was given, or the session has ended. Returns whether an action waited, be it for too long. */
export function dropPendingAction(): boolean {
  const stored = read()
  remove()
  return stored !== null
}

/**
 * Takes the action out of the storage, so that it is done once. `null` without a proof, and for another session or page.
 *
 * @param sessionId of the account that is shown. Calls must be bound to it: the API then refuses them for any other.
 */
export function takePendingAction(
  sessionId: string,
  path: string,
  isExpected: (name: keyof PendingActions) => boolean,
): PendingAction | null {
  const stored = read()
  if (!stored?.isProven || !isAlive(stored) || !isFor(stored, sessionId, path) || sessionId !== expectedSession())
    return null
  if (!isExpected(stored.action.name)) return null
  remove()
  return stored.action
}

/**
 * Drops an action whose time is up, or that was proved and is for another session or page.
 *
 * @returns `missed`: it was proved, and dropped; else how many milliseconds it still has; `null`: none waits
 */
export function dropMissedAction(sessionId: string, path: string): number | 'missed' | null {
  const stored = read()
  if (stored === null) return null
  if (isAlive(stored) && (!stored.isProven || isFor(stored, sessionId, path))) return stored.until - Date.now()
  remove()
  return stored.isProven ? 'missed' : null
}

const isAlive = ({ until }: StoredAction): boolean => Date.now() < until

const isFor = (stored: StoredAction, sessionId: string, path: string): boolean =>
  stored.sessionId === sessionId && stored.path === path

/** Returns whether it is stored. */
function store(stored: StoredAction): boolean {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(stored))
    return true
  } catch {
    remove() // of an earlier question
    return false
  }
}

function read(): StoredAction | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as StoredAction | null // only this file writes it
  } catch {
    return null
  }
}

function remove(): void {
  try {
    sessionStorage.removeItem(KEY)
  } catch {
    // Denied: nothing is there.
  }
}
