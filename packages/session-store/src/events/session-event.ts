import { isObject, parseJson } from '../record/json.js'
import { type OperationSummary, type SessionSummary, toOperation, toSummary } from '../record/session-summary.js'

/** An event of a user's sessions, with the details of each device. Holds no secret. */
export type SessionEvent = {
  /** Unique for the user. Compared as text, ids have the order in which the events happened. */
  readonly id: string
  /** By the clock of Redis; where a session expired, its deadline. */
  readonly at: Date
} & EventBody

type EventBody =
  | { readonly kind: 'created'; readonly session: SessionSummary }
  | {
      readonly kind: 'ended'
      readonly session: SessionSummary
      /** As in `SessionChange`, or `expired`. */
      readonly cause: string
      /** The session that asked for it, if one did: for a sign-out the one that ended. */
      readonly by: SessionSummary | null
      /** Only with the cause `operator`. */
      readonly operation?: OperationSummary
    }
  /** One that the application named. The id is empty if no session caused it. */
  | { readonly kind: 'noted'; readonly name: string; readonly by: SessionSummary }

/** `null` for an event that cannot be read. An id begins with the time in ms. */
export function parseEvent(id: string, json: string): SessionEvent | null {
  const event = parseJson(json)
  if (!isObject(event)) return null
  const body = toBody(event)
  const at = new Date(Number(event['at'] ?? id.split('-')[0]))
  return body === null || Number.isNaN(at.getTime()) ? null : { id, at, ...body }
}

function toBody(event: Readonly<Record<string, unknown>>): EventBody | null {
  const { kind, cause, name } = event
  const [session, by] = [toSummary(event['session']), toSummary(event['by'])]
  if (kind === 'created' && session !== null) return { kind, session }
  if (kind === 'ended' && session !== null && typeof cause === 'string') {
    const operation = toOperation(event['operation'])
    return { kind, session, cause, by, ...(operation && { operation }) }
  }
  if (kind === 'noted' && by !== null && typeof name === 'string') return { kind, name, by }
  return null
}
