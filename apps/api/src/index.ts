import type { EXPECTED_SESSION_HEADER } from './accounts/expected-session.js'

/** The name of the header, for the page to be checked against. */
export type ExpectedSessionHeader = typeof EXPECTED_SESSION_HEADER
export type { ReturnPath } from './accounts/return-path.js'
export type { MailedEmailChange, MailedSignIn, MailedSignUp } from './http/link-route.js'
export type { AppRouter } from './trpc/router.js'
