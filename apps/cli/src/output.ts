import type { Operation, OperationFilter } from '@rollcall/admin'
import { shownNameOf } from '@rollcall/devices'
import type { Session } from '@rollcall/session-store'

const FAILED = 1
const CLEAR_LINE = '\r\u001B[K'

/** `1 session`, `2 sessions`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Prints results: one JSON object a line, or text for a person. */
export interface Output {
  readonly isJson: boolean
  /** Writes one result. `text` is for a person. */
  result(value: object, text: string): void
  /** Writes for a person alone. */
  note(text: string): void
  /** Writes to standard error, also with `--json`. */
  warn(text: string): void
  /** As `warn`, for what ends the command. */
  fail(text: string): void
  /** Whether nobody reads the results any more. */
  isUnread(): boolean
}

/** Filters and reasons come from many. Escapes what controls a terminal, or changes the direction of a text. */
const printable = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\n]|\p{Bidi_Control}/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)

export function createOutput(isJson: boolean): Output {
  const write = (stream: NodeJS.WriteStream, value: object, text: string): void => {
    const start = stream === process.stderr && stream.isTTY ? CLEAR_LINE : '' // in place of a bar
    stream.write(`${start}${printable(isJson ? JSON.stringify(value) : text)}\n`)
  }
  return {
    isJson,
    result: (value, text) => write(process.stdout, value, text),
    note: (text) => {
      if (!isJson) write(process.stderr, {}, text)
    },
    warn: (text) => write(process.stderr, { warning: text }, text),
    fail: (text) => write(process.stderr, { error: text }, text),
    isUnread: () => process.stdout.errored !== null,
  }
}

/** Without a handler, a reader that leaves, such as `head`, would end the process in the middle of an operation. */
export function surviveReaders(): void {
  const failUnlessLeft = ({ code, message }: NodeJS.ErrnoException): void => {
    if (code === 'EPIPE') return
    process.exitCode = FAILED
    process.stderr.write(`The output cannot be written: ${message}\n`)
  }
  process.stdout.on('error', failUnlessLeft)
  process.stderr.on('error', () => undefined)
}

/** The fields of a session that may be shown. */
export function describeSession(session: Session) {
  const { id, userId, createdAt, lastSeenAt, ipAddress, userAgent } = session
  const { browser, os, kind } = shownNameOf(session)
  return { id, userId, browser, system: os, kind, ipAddress, userAgent, createdAt, lastSeenAt }
}

export function sessionLine(session: Session): string {
  const { id, userId, browser, system, ipAddress, lastSeenAt } = describeSession(session)
  const device = system === '' ? browser : `${browser} on ${system}`
  return `${id}  ${userId}  ${device}  ${ipAddress ?? 'no address'}  last seen ${lastSeenAt.toISOString()}`
}

export function operationLine(operation: Operation): string {
  const { id, action, state, startedAt, startedBy, filter, scanned, matched, revoked, alreadyGone, failed, error } =
    operation
  const what = filter === null ? 'everyone' : describeFilter(filter)
  // A revocation that Redis did not answer may have happened.
  const least = state === 'failed' || state === 'interrupted' ? 'at least ' : ''
  // A run that is resumed looks through all keys anew.
  const lastPass = `in its last pass: scanned ${scanned}, failed ${failed}`
  const counts = `matched ${matched}, revoked ${least}${revoked}, already gone ${alreadyGone}; ${lastPass}`
  return `${id}  ${action}  ${state}  ${startedAt.toISOString()}  by ${startedBy}  ${what}: ${counts}${error === null ? '' : `  (${error})`}`
}

const MAX_NAMED = 3

function describeFilter(filter: OperationFilter): string {
  const { users = [], ...conditions } = filter
  const count = 'count' in users ? users.count : users.length
  if (count <= MAX_NAMED) return JSON.stringify(filter)
  return `${count} users${Object.keys(conditions).length === 0 ? '' : ` ${JSON.stringify(conditions)}`}`
}

const BAR_LENGTH = 30
const SHORTEST_BAR = 4
/** Between two lines where there is no terminal. */
const LINE_MS = 1_000

interface Progress {
  /** From 0 to 1. */
  readonly share: number
  readonly details: string
  readonly isOver: boolean
}

/** Shows how far some work is: a bar on a terminal, else a line a second. Nothing with `--json`. */
export function createProgress({ isJson }: Output): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY
  return ({ share, details, isOver }) => {
    if (isJson) return
    const text = `${Math.floor(share * 100)} %, ${details}`
    if (process.stderr.isTTY)
      process.stderr.write(`${CLEAR_LINE}${barLine(text, share, process.stderr.columns)}${isOver ? '\n' : ''}`)
    else if (isOver || performance.now() - last >= LINE_MS) {
      last = performance.now()
      process.stderr.write(`${text}\n`)
    }
  }
}

/** A line that is wider than the terminal could not be written over. */
export function barLine(text: string, share: number, columns: number): string {
  const length = Math.min(BAR_LENGTH, columns - text.length - '[] '.length - 1)
  if (length < SHORTEST_BAR) return text.slice(0, columns - 1)
  const filled = Math.round(share * length)
  return `[${'#'.repeat(filled)}${'.'.repeat(length - filled)}] ${text}`
}

export function progressOf({ state, share, scanned, revoked, rate, millisecondsLeft }: Operation): Progress {
  const left = millisecondsLeft === null ? '' : `, about ${Math.ceil(millisecondsLeft / 1_000)} s left`
  const details = `${scanned} looked at, ${revoked} revoked, ${rate} a second${left}`
  return { share, details, isOver: state !== 'running' }
}
