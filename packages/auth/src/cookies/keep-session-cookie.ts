import type { GenericEndpointContext } from '@better-auth/core'
import { dropSetCookies, setsCookie } from './set-cookies.js'

/**
 * better-auth takes a cookie away that signs nobody in. Such an answer may come late, after the browser has signed in anew or
 * has a new secret: then it would sign somebody out.
 */
export function keepSessionCookie({ context, path }: GenericEndpointContext, answer: Headers | undefined): void {
  const names = Object.values(context.authCookies).map(({ name }) => name)
  // With a dead session goes the question to a provider too. It works once, at the endpoint that takes its answer.
  if (!path?.includes('/callback/')) names.push(context.createAuthCookie('oauth_state').name)
  dropSetCookies(answer, (line) => /; max-age=0(?:;|$)/i.test(line) && names.some((name) => setsCookie(line, name)))
}
