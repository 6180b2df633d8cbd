import type { SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import { expireCookie, parseCookies } from 'better-auth/cookies'
import { z } from 'zod'
import { secretsOf, tokenFromCookie } from './cookie.js'

// The plugin multiSession keeps several accounts in one browser: beside the session cookie, one more for
// each account. Its endpoints want a session named by its token; a page knows only the session's id.

const namesSession = new Set(['/multi-session/set-active', '/multi-session/revoke'])

/** How the body of such a request names a session. */
export const namedSession = z.object({ sessionToken: z.string() })

const cookieName = (ctx: GenericEndpointContext, token: string): string =>
  `${ctx.context.authCookies.sessionToken.name}_multi-${token.toLowerCase()}`

/** The tokens of the accounts in this browser, each from a cookie whose signature holds. */
export function accountTokens(ctx: GenericEndpointContext): string[] {
  const headers = ctx.headers ?? new Headers()
  const names = [...parseCookies(headers.get('cookie') ?? '').keys()].filter((name) =>
    name.startsWith(cookieName(ctx, '')),
  )
  return names.flatMap((name) => tokenFromCookie(headers, name, secretsOf(ctx.context)) ?? [])
}

/** The body of a request that names a session by its id, naming it by the token that this browser has for it. */
export async function withAccountToken(
  ctx: GenericEndpointContext,
  store: SessionStore,
): Promise<{ sessionToken: string } | null> {
  const body = namedSession.safeParse(ctx.body).data
  if (body === undefined || !namesSession.has(ctx.path)) return null
  for (const token of accountTokens(ctx)) {
    const session = await store.validate(token, { strict: true })
    if (session?.id === body.sessionToken) return { sessionToken: token }
  }
  return { sessionToken: '' } // no cookie has that name: unknown, foreign and ended sessions answer alike
}

/** After a rotation: the account stays in the browser under its new token. */
export async function moveAccount(ctx: GenericEndpointContext, from: string, to: string): Promise<void> {
  const { secret, authCookies } = ctx.context
  const { attributes } = authCookies.sessionToken
  const name = cookieName(ctx, from)
  if (!(await ctx.getSignedCookie(name, secret))) return
  expireCookie(ctx, { name, attributes })
  await ctx.setSignedCookie(cookieName(ctx, to), to, secret, attributes)
}
