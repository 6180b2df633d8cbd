import type { EXPECTED_SESSION_HEADER } from './accounts/expected-session.js'
import type { MAX_REASON_LENGTH } from './administration/reason.js'

/** The name of the header, for the page to be checked against. */
export type ExpectedSessionHeader = typeof EXPECTED_SESSION_HEADER
/** The longest reason, for the page to be checked against. */
export type MaxReasonLength = typeof MAX_REASON_LENGTH
export type { ReturnPath } from './accounts/return-path.js'
export type { RecentAddition } from './accounts/people/recent-additions.js'
export type { MailedEmailChange, MailedSignIn, MailedSignUp } from './http/link-route.js'
export type { AppRouter } from './trpc/router.js'
