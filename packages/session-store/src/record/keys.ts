const SESSIONS = '}:sessions'

/** The hash that holds a user's sessions, and the channel on which changes to it are published. */
export function sessionsKey(prefix: string, userTag: string): string {
  return `${usersPrefix(prefix)}${userTag}${SESSIONS}`
}

/** The tag of the user from a key of sessions; `null` for any other key. */
export function userTagIn(prefix: string, key: string): string | null {
  const users = usersPrefix(prefix)
  return key.startsWith(users) && key.endsWith(SESSIONS) ? key.slice(users.length, -SESSIONS.length) : null
}

/** The common prefix of all users' keys. */
export function usersPrefix(prefix: string): string {
  return `${prefix}user:{`
}

/** Takes the place of "sessions" at the end of the key. */
export const EVENTS = 'waiting'

/** The hash that holds a user's events, by their ids, until they are acknowledged. */
export function eventsKey(prefix: string, userTag: string): string {
  return `${usersPrefix(prefix)}${userTag}}:${EVENTS}`
}

/**
 * The node that owns this key is the one whose clock dates sign-ins and credential changes. Its value is the watermark of all
 * users, and its name is the channel of messages that concern all users.
 */
export function clockKey(prefix: string): string {
  return `${prefix}user:clock`
}

/** The ids of the operations across users. Its name is the channel of messages about them. */
export function operationsKey(prefix: string): string {
  return `${prefix}user:operations`
}

/** Exists while a server has the lease for the sweep through all keys, and until the next sweep is due. An operation deletes it. */
export function sweepKey(prefix: string): string {
  return `${prefix}user:sweep`
}

/** The ids of the user's imported sessions, in the slot of the sessions. */
export function importedKey(prefix: string, userTag: string): string {
  return `${usersPrefix(prefix)}${userTag}}:imported`
}

/** The user's sessions that an export has just removed, in the slot of the sessions. */
export function exportedKey(prefix: string, userTag: string): string {
  return `${usersPrefix(prefix)}${userTag}}:exported`
}

/** Leads from the hash of a token of another store to the imported session. */
export function importedTokenKey(prefix: string, tokenHash: string): string {
  return `${prefix}user:token:${tokenHash}`
}
