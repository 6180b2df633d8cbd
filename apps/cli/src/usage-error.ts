import { MAX_REASON_LENGTH } from '@rollcall/api/operator'
import { isSessionId } from '@rollcall/session-store'

/** A mistake of the person who types. The message says what to do. */
export class UsageError extends Error {}

/** One that is mistyped would find or keep nobody. */
export function sessionId(option: string, text: string): string {
  if (!isSessionId(text)) throw new UsageError(`${option} must be the id of a session, as \`sessions list\` shows it`)
  return text
}

export function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new UsageError(`${option} must be a whole number`)
  return Number(text)
}

/** A reason or a note. */
export function shortText(option: string, text: string): string {
  const trimmed = text.trim()
  if (trimmed.length > MAX_REASON_LENGTH)
    throw new UsageError(`${option} must have ${MAX_REASON_LENGTH} characters at most, not ${trimmed.length}`)
  return trimmed
}
