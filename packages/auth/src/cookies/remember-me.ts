import type { GenericEndpointContext } from '@better-auth/core'
import type { SessionStore } from '@rollcall/session-store'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'
import { requestState } from '../request/request-state.js'
import { dropSetCookies, setsCookie } from './set-cookies.js'

/** As long as better-auth lets a session last that is not to be remembered. */
const UNREMEMBERED_MS = 24 * 60 * 60 * 1_000

const choice = z.object({ rememberMe: z.boolean() })

/**
 * better-auth remembers every sign-in with a passkey. Here `rememberMe` in the body counts, as beside a password. Without it, the
 * browser stays as it was remembered.
 */
export async function readRememberMe(ctx: GenericEndpointContext): Promise<void> {
  if (ctx.path !== '/passkey/verify-authentication') return
  const { dontRememberToken } = ctx.context.authCookies
  const asked = choice.safeParse(ctx.body).data?.rememberMe
  const wasRemembered = async () => !(await ctx.getSignedCookie(dontRememberToken.name, ctx.context.secret))
  ;(await requestState()).isRemembered = asked ?? (await wasRemembered())
}

/**
 * When the session ends, by the clock of the store. better-auth uses the clock of this machine, which may be wrong.
 *
 * @param expiresAt That of the session which better-auth asks for.
 */
export async function endOf(expiresAt: Date, { clock }: Pick<SessionStore, 'clock'>): Promise<Date> {
  const { isRemembered } = await requestState()
  const lifetime = expiresAt.getTime() - Date.now()
  return new Date(clock() + (isRemembered === false ? Math.min(lifetime, UNREMEMBERED_MS) : lifetime))
}

/** Writes the cookies of the new session as the person has chosen. */
export async function setRememberedCookie(ctx: GenericEndpointContext, answer: Headers | undefined): Promise<void> {
  const { isRemembered } = await requestState()
  const { newSession, authCookies } = ctx.context
  if (isRemembered === null || newSession === null) return
  const names = [authCookies.sessionToken.name, authCookies.dontRememberToken.name]
  dropSetCookies(answer, (line) => names.some((name) => setsCookie(line, name)))
  await setSessionCookie(ctx, newSession, !isRemembered)
}
