import type { ExpectedSessionHeader } from '@rollcall/api'

const HEADER: ExpectedSessionHeader = 'x-expected-session'

/**
 * The session that this page shows. Another window may sign in as somebody else, which replaces the cookie of this one too. The
 * API refuses a change for a session that the page does not show.
 */
let expected: string | undefined

/** @param sessionId `undefined` while the page does not know its session */
export function expectSession(sessionId: string | undefined): void {
  expected = sessionId
}

export function expectedSession(): string | undefined {
  return expected
}

export function expectedSessionHeaders(): Record<string, string> {
  return expected === undefined ? {} : { [HEADER]: expected }
}
