import { isIP } from 'node:net'
import type { Filter, SessionAdmin } from '@rollcall/admin'
import { isSessionId } from '@rollcall/session-store'
import type { Kysely } from 'kysely'
import { searchUsers } from '../accounts/people/users.js'

export interface FoundUsers {
  readonly userIds: readonly string[]
  /** `false`: there are more, or not all sessions were looked at. */
  readonly isComplete: boolean
}

/** For a search that has to look at all sessions. */
export interface Scanning {
  /** Does that within its limit. */
  readonly within: <T>(scan: () => Promise<T>) => Promise<T>
  /** Ends it early. */
  readonly signal: AbortSignal | undefined
}

const MAX_USERS = 20
/** Sessions that are looked at for their users: one of them may have many from an IP address. */
const MAX_SESSIONS = 500
/** Sessions are found without an index, so a large Redis takes seconds. */
const MAX_SCAN_MS = 20_000

/** Finds users by a part of their name or email address, their id, the id of a session, or the IP address of a device. */
export async function findUsers(
  preview: SessionAdmin['preview'],
  kysely: Kysely<unknown>,
  text: string,
  scanning: Scanning,
): Promise<FoundUsers> {
  const scan = (filter: Filter) => scanning.within(() => usersOfSessions(preview, filter, scanning.signal))
  const [network = ''] = text.split('/')
  if (isIP(network) !== 0) return scan({ address: text })
  const found = await searchUsers(kysely, text, MAX_USERS + 1)
  if (found.length > 0 || !isSessionId(text))
    return { userIds: found.slice(0, MAX_USERS), isComplete: found.length <= MAX_USERS }
  return scan({ sessions: [text] })
}

async function usersOfSessions(
  preview: SessionAdmin['preview'],
  filter: Filter,
  asked: AbortSignal | undefined,
): Promise<FoundUsers> {
  const signal = AbortSignal.any([AbortSignal.timeout(MAX_SCAN_MS), ...(asked ? [asked] : [])])
  const { sample, users, share } = await preview(filter, { sample: MAX_SESSIONS, signal })
  const userIds = [...new Set(sample.map(({ userId }) => userId))].slice(0, MAX_USERS)
  return { userIds, isComplete: share === 1 && users <= userIds.length }
}
