import { isObject, parseJson } from '../record/json.js'
import { type OperationSummary, type SessionSummary, toOperation, toSummary } from '../record/session-summary.js'

/** A change of a user's sessions. Holds no secret. */
export type SessionChange =
  /** From here on no change is missed. Earlier ones are not reported: read the list. */
  | { readonly kind: 'live' }
  /** No message comes until the next `live`. */
  | { readonly kind: 'lost' }
  /** `seen`: the last use was written. `updated`: the application changed its data. `rotated`: a new secret under the same id. */
  | { readonly kind: (typeof plainKinds)[number]; readonly id: string }
  | (Revocation & { readonly ids: readonly string[] })
  /** All sessions at that moment except one; `null`: all. A younger session may receive it too. */
  | (Revocation & { readonly allBut: string | null })

interface Revocation {
  readonly kind: 'ended'
  /** The method of the store that revoked them; `cap`: a sign-in beyond the most that a user may have; `operator`: an operator. */
  readonly cause: (typeof causes)[number]
  /** `null`: no session asked for it, or it is unknown which one did. */
  readonly by: SessionSummary | null
  /** Only with the cause `operator`. */
  readonly operation?: OperationSummary | undefined
}

const plainKinds = ['created', 'seen', 'updated', 'rotated'] as const
const causes = ['revoke', 'revoke-others', 'revoke-all', 'credential-change', 'cap', 'operator'] as const

/** A message that cannot be read, such as one of a later version, still says that something changed. */
export function parseChange(text: string): SessionChange {
  return toChange(parseJson(text)) ?? { kind: 'live' }
}

/**
 * The same for a message that concerns users by the names of their channels. An operation revokes the sessions of several
 * users in one step.
 *
 * @returns `null` for a message that concerns all users.
 */
export function parseChangeOfUsers(text: string): ReadonlyMap<string, SessionChange> | null {
  const message = parseJson(text)
  if (!isObject(message) || !isObject(message['users'])) return null
  const { users, ...shared } = message
  return new Map(Object.entries(users).map(([name, ids]) => [name, toChange({ ...shared, ids }) ?? { kind: 'live' }]))
}

function toChange(message: unknown): SessionChange | null {
  if (!isObject(message)) return null
  const { kind, id, ids, allBut, cause, by, operation } = message
  const plainKind = plainKinds.find((name) => name === kind)
  if (plainKind !== undefined && typeof id === 'string') return { kind: plainKind, id }
  const knownCause = causes.find((name) => name === cause)
  if (kind !== 'ended' || knownCause === undefined) return null
  const found = toOperation(operation)
  const revocation = { kind, cause: knownCause, by: toSummary(by), ...(found && { operation: found }) } as const
  if (isListOfText(ids)) return { ...revocation, ids }
  return typeof allBut === 'string' || allBut === null ? { ...revocation, allBut } : null
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}
