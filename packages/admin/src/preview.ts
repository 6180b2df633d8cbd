import type { Session, SessionOperator, UserSessions } from '@rollcall/session-store'
import type { Filter } from './filter.js'
import { prefilterOf } from './prefilter.js'

export interface PreviewOptions {
  /** Id of a session that would stay. Default: none. */
  readonly keep?: string
  /** How many of the sessions to return at most. Default: 5. */
  readonly sample?: number
  /** Ends the count early; the preview then holds what was found so far. Default: it looks at all sessions. */
  readonly signal?: AbortSignal
}

/** The sessions that an operation would revoke. */
export interface Preview {
  readonly sessions: number
  readonly users: number
  readonly sample: readonly Session[]
  /** The share of all keys that was looked at, about: 1 if the counts are exact, less if `signal` ended it. */
  readonly share: number
}

const SAMPLE = 5

export async function previewSessions(
  operator: SessionOperator,
  filter: Filter | null,
  matches: (session: Session) => boolean,
  { keep, sample: most = SAMPLE, signal }: PreviewOptions,
): Promise<Preview> {
  let preview: Preview = { sessions: 0, users: 0, sample: [], share: 0 }
  let lastPass = 1
  for await (const { found, pass, share } of stepsOf(operator, filter)) {
    if (pass > lastPass) preview = { sessions: 0, users: 0, sample: [], share: 0 } // it repeats the first one
    lastPass = pass
    const selected = found.map(({ sessions }) => sessions.filter((session) => session.id !== keep && matches(session)))
    const all = selected.flat()
    preview = {
      sessions: preview.sessions + all.length,
      users: preview.users + selected.filter(({ length }) => length > 0).length,
      sample: [...preview.sample, ...all.slice(0, most - preview.sample.length)],
      share,
    }
    if (signal?.aborted) return preview
  }
  return { ...preview, share: 1 }
}

interface PreviewStep {
  readonly found: readonly UserSessions[]
  readonly pass: number
  readonly share: number
}

async function* stepsOf(operator: SessionOperator, filter: Filter | null): AsyncGenerator<PreviewStep, void> {
  const users = filter?.users
  if (users === undefined) return yield* operator.scan(filter ? prefilterOf(filter) : undefined)
  for (const [at, userId] of users.entries())
    yield { found: [await operator.read(userId)], pass: 1, share: (at + 1) / users.length }
}

/** People sign in and out between a preview and the operation. A count fits if it is off by no more than a fiftieth. */
const TOLERANCE = 1 / 50

/** Whether a count is near enough to the one that somebody confirmed. */
export function countFits(count: number, confirmed: number): boolean {
  return Math.abs(count - confirmed) <= confirmed * TOLERANCE
}
