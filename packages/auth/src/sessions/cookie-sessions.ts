import type { AuthContext } from '@better-auth/core'
import type { Session, SessionStore } from '@rollcall/session-store'
import { serializeCookie } from 'better-call'
import { authenticate } from './authenticate.js'
import { secretsOf, tokenFromCookie } from '../cookies/cookie.js'

export interface CookieSessions {
  /**
   * The session that a request comes with: one round trip to the store. `null` for anything that does
   * not sign in, never saying why. `touch`: whether the request counts as a use. `strict`: whether Redis is
   * asked even if the store has a near-cache. Each is true by default.
   *
   * @throws {SessionStoreUnavailableError} on an outage, which is no sign-out.
   */
  authenticate(
    headers: Headers,
    options?: { readonly touch?: boolean; readonly strict?: boolean },
  ): Promise<{ token: string; session: Session } | null>
  /** `Set-Cookie` values that take the session cookie away. */
  expiredCookies(): string[]
}

/** The part of `betterAuth`'s result that is needed: its whole type differs with every set of options. */
interface BetterAuth {
  readonly $context: Promise<Pick<AuthContext, 'authCookies' | 'secret' | 'secretConfig'>>
}

/** Reads the session cookie of a better-auth application with the plugin `rollcall`, for requests that better-auth does not answer. */
export async function cookieSessions(auth: BetterAuth, store: SessionStore): Promise<CookieSessions> {
  const context = await auth.$context
  const { sessionToken, dontRememberToken } = context.authCookies
  const secrets = secretsOf(context)
  const read = new WeakMap<Headers, { readonly cookie: string | null; readonly token: string | null }>()

  /** The calls of one batch bring the same headers: their signature is verified once, whom it signs in for each of them. */
  function tokenOf(headers: Headers): string | null {
    const cookie = headers.get('cookie')
    const known = read.get(headers)
    if (known !== undefined && known.cookie === cookie) return known.token
    const token = tokenFromCookie(headers, sessionToken.name, secrets)
    read.set(headers, { cookie, token })
    return token
  }

  return {
    async authenticate(headers, { touch = true, strict = true } = {}) {
      const token = tokenOf(headers)
      const session =
        token === null
          ? null
          : await (touch ? authenticate(store, token, { strict }) : store.validate(token, { strict }))
      return token === null || session === null ? null : { token, session }
    },

    expiredCookies: () =>
      [sessionToken, dontRememberToken].map(({ name, attributes }) =>
        serializeCookie(name, '', { ...attributes, maxAge: 0 }),
      ),
  }
}
