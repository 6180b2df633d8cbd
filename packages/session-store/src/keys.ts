/** The hash that holds a user's sessions, and the channel on which changes to it are told. */
export function sessionsKey(prefix: string, userTag: string): string {
  return `${prefix}user:{${userTag}}:sessions`
}

/** The stream that holds a user's events until they are taken. */
export function eventsKey(prefix: string, userTag: string): string {
  return `${prefix}user:{${userTag}}:events`
}
