import type { SessionChange } from '@rollcall/session-store'
import type { NameOf } from './device-name/app-names.js'
import { shownNameOf } from './device-name/shown-name.js'

type Revocation = Extract<SessionChange, { kind: 'ended' }>

export interface SessionEnd {
  readonly type: 'ended'
  /** The cause; `unknown` if only the fact is known. */
  readonly cause: Revocation['cause'] | 'expired' | 'unknown'
  /** The device that asked for it. */
  readonly by: { readonly isSelf: boolean; readonly browser: string; readonly os: string } | null
  /** ISO 8601. */
  readonly at: string
  /** The public reason of an operator; left out if there is none. */
  readonly reason?: string
}

/** Whether it may be about this session: one that is younger than the message may be meant, too. */
export function mayConcern(revocation: Revocation, sessionId: string): boolean {
  return 'ids' in revocation ? revocation.ids.includes(sessionId) : revocation.allBut !== sessionId
}

/** Whether it is about this session for certain: an id never comes back. */
export function namesSession(revocation: Revocation, sessionId: string): boolean {
  return 'ids' in revocation && revocation.ids.includes(sessionId)
}

export function toSessionEnd(
  { cause, by, operation }: Revocation,
  sessionId: string,
  now: number,
  nameOf: NameOf,
): SessionEnd {
  const at = new Date(now).toISOString()
  if (by === null) return { type: 'ended', cause, by, at, ...(operation?.reason && { reason: operation.reason }) }
  const { browser, os } = shownNameOf(by, nameOf(by))
  return { type: 'ended', cause, by: { isSelf: by.id === sessionId, browser, os }, at }
}
