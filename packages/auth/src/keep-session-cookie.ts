import type { GenericEndpointContext } from '@better-auth/core'
import { dropSetCookies, setsCookie } from './set-cookies.js'

/**
 * better-auth takes a cookie away that signs nobody in. Such an answer may come late, after the browser has signed in anew or
 * has a new secret: then it would sign somebody out.
 */
export function keepSessionCookie({ context }: GenericEndpointContext, answer: Headers | undefined): void {
  const names = Object.values(context.authCookies).map(({ name }) => name)
  dropSetCookies(answer, (line) => /; max-age=0(?:;|$)/i.test(line) && names.some((name) => setsCookie(line, name)))
}
