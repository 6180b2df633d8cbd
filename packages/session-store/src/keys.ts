const SESSIONS = '}:sessions'

/** The hash that holds a user's sessions, and the channel on which changes to it are published. */
export function sessionsKey(prefix: string, userTag: string): string {
  return `${usersPrefix(prefix)}${userTag}${SESSIONS}`
}

/** The tag of the user whose sessions a key holds; `null` for any other key. */
export function userTagIn(prefix: string, key: string): string | null {
  const users = usersPrefix(prefix)
  return key.startsWith(users) && key.endsWith(SESSIONS) ? key.slice(users.length, -SESSIONS.length) : null
}

/** The common prefix of all users' keys. */
export function usersPrefix(prefix: string): string {
  return `${prefix}user:{`
}

/** The stream that holds a user's events until they are taken. */
export function eventsKey(prefix: string, userTag: string): string {
  return `${usersPrefix(prefix)}${userTag}}:events`
}

/** Never holds anything: the node that would hold it is the one whose clock dates sign-ins and credential changes. */
export function clockKey(prefix: string): string {
  return `${prefix}user:clock`
}

/** Is there for as long as a server has taken its turn at looking through all keys. */
export function sweepKey(prefix: string): string {
  return `${prefix}user:sweep`
}
