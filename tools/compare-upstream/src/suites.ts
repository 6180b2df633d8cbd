/** The list of differences was made with the tests of this tag. They run on this machine, so the commit is fixed too. */
export const TESTS = { tag: 'v1.7.1', commit: '2344536054f9164ca5d1670c270d299049ee233e' } as const

/**
 * The files about sessions and ways to sign in, below `packages/better-auth/src`. The others test parts that sessions do not
 * touch, plugins and options that ours refuses at start, or services on the internet.
 */
export const SUITES = [
  'api/middlewares/*.test.ts',
  'api/routes/{account,email-verification,error,password,session-api,sign-in,sign-out,sign-up,update-user}.test.ts',
  'cookies/cookies.test.ts',
  'db/db.test.ts',
  'oauth2/link-account.test.ts',
  'social.test.ts',
  'plugins/{additional-fields,admin,anonymous,bearer,captcha,custom-session,email-otp}/*.test.ts',
  'plugins/{generic-oauth,last-login-method,magic-link,multi-session,one-tap}/*.test.ts',
  'plugins/organization/**/*.test.ts',
  'plugins/{phone-number,siwe,two-factor,username}/*.test.ts',
] as const
