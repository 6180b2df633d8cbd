import { isObject } from './json.js'
import { decodeDetails, type SessionData } from './record.js'

/** A session in a message or an event: what a list shows of it, without its secret. */
export interface SessionSummary {
  readonly id: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: SessionData
}

/** The operation of an operator, as messages and events show it. */
export interface OperationSummary {
  readonly id: string
  /** The public reason; may be empty. */
  readonly reason: string
}

/** For a revocation that belongs to no operation that people could be shown. */
export const UNNAMED_OPERATION: OperationSummary = { id: '', reason: '' }

export function toOperation(value: unknown): OperationSummary | undefined {
  if (!isObject(value) || typeof value['id'] !== 'string' || typeof value['reason'] !== 'string') return undefined
  return { id: value['id'], reason: value['reason'] }
}

/** Reads the `{ id, details }` that the scripts write; `null` for anything else. */
export function toSummary(value: unknown): SessionSummary | null {
  if (!isObject(value) || typeof value['id'] !== 'string' || typeof value['details'] !== 'string') return null
  const details = decodeDetails(value['details'])
  if (details === null) return null
  const { ipAddress, userAgent, data } = details
  return { id: value['id'], ipAddress, userAgent, data }
}
