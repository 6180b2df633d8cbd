import type { ScanStep, UserSessions } from '@rollcall/session-store'

interface Counts {
  readonly users: number
  readonly sessions: number
  /** Records of sessions. */
  readonly unreadable: number
  /** Keys that something else wrote. */
  readonly foreign: number
  /** A user of each step, to measure. */
  readonly sample: readonly { readonly userTag: string; readonly sessions: number }[]
}

const nothing: Counts = { users: 0, sessions: 0, unreadable: 0, foreign: 0, sample: [] }

/** Counts what the last pass of a scan has found: it repeats the earlier ones. */
export async function countSessions(steps: AsyncIterable<ScanStep<readonly UserSessions[]>>): Promise<Counts> {
  let counts = nothing
  let lastPass = 1
  for await (const { found, pass } of steps) {
    if (pass > lastPass) counts = nothing
    lastPass = pass
    const [first] = found
    counts = {
      users: counts.users + found.length,
      sessions: found.reduce((sum, { sessions }) => sum + sessions.length, counts.sessions),
      unreadable: found.reduce((sum, { unreadable }) => sum + unreadable, counts.unreadable),
      foreign: counts.foreign + found.filter(({ isReadable }) => !isReadable).length,
      sample: first?.sessions.length
        ? [...counts.sample, { userTag: first.userTag, sessions: first.sessions.length }]
        : counts.sample,
    }
  }
  return counts
}
