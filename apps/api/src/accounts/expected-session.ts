import type { Session } from '@rollcall/session-store'

/** A change was meant for another session than that of the cookie: the browser has signed in again since. */
export class OtherSessionError extends Error {
  override readonly name = 'OtherSessionError'

  constructor() {
    super('The browser is signed in as another session')
  }
}

/**
 * Names the session that a page shows. Windows of one browser share a cookie, so that a sign-in in one makes every other
 * show somebody else's account until it has asked again. A caller without this header means the session of its cookie.
 */
export const EXPECTED_SESSION_HEADER = 'x-expected-session'

export function expectsSession(headers: Headers): boolean {
  return headers.has(EXPECTED_SESSION_HEADER)
}

/** @throws {OtherSessionError} if a change was meant for another session than that of the cookie. */
export function rejectOtherSession(headers: Headers, { id }: Pick<Session, 'id'>): void {
  const expected = headers.get(EXPECTED_SESSION_HEADER)
  if (expected !== null && expected !== id) throw new OtherSessionError()
}
