import type { GenericEndpointContext } from '@better-auth/core'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import type { SessionStore } from '@rollcall/session-store'
import { secretsOf, signCookie, signWithCurrentSecret, tokenFromCookie } from '../cookies/cookie.js'
import type { ImportingStore } from '../import/import-sessions.js'
import { OldSessionsError } from '../import/old-session.js'
import { hasLiveSessions } from '../import/sql-sessions.js'
import { requestState } from '../request/request-state.js'
import { rejectUnavailable } from '../request/unavailable.js'
import { trustUnderCurrentSecret } from '../sign-in/trusted-device.js'

const LIVE_ROWS =
  "The table session holds live sessions of better-auth: import them with importSessions of @rollcall/auth/import, or sign these people out with rollcall({ oldSessions: 'ignore' })"

/** @throws {OldSessionsError} unless somebody has decided what becomes of old sessions. */
export async function attachOldSessions(
  store: SessionStore,
  database: DBAdapter,
  oldSessions: 'ignore' | undefined,
): Promise<void> {
  if (isImporting(store)) store.readFrom(database)
  else if (oldSessions === undefined) {
    // Without an answer, such as before the first migration, nothing is known of old sessions. That stops no start.
    const isLive = await hasLiveSessions(database, store.clock()).catch(() => false)
    if (isLive) throw new OldSessionsError(LIVE_ROWS)
  }
}

/**
 * The Cookie header, signed with the current secret, and with the new token in the place of one of better-auth. `null` if it
 * is so already.
 */
export async function withCurrentToken(ctx: GenericEndpointContext, store: SessionStore): Promise<string | null> {
  const given = ctx.headers?.get('cookie') ?? ''
  const signed = signWithCurrentSecret(given, secretsOf(ctx.context))
  const trusted = (await trustUnderCurrentSecret(ctx, signed ?? given)) ?? signed
  return (await withImportedToken(ctx, trusted ?? given, store)) ?? trusted
}

async function withImportedToken(
  { context }: GenericEndpointContext,
  cookies: string,
  store: SessionStore,
): Promise<string | null> {
  if (!isImporting(store)) return null
  const { name } = context.authCookies.sessionToken
  const secrets = secretsOf(context)
  const oldToken = tokenFromCookie(new Headers({ cookie: cookies }), name, secrets)
  const token = oldToken && (await rejectUnavailable(() => store.tokenFor(oldToken)))
  if (!token) return null
  const state = await requestState()
  state.imported = token
  const session = await rejectUnavailable(() => store.validate(token, { strict: true }))
  if (session === null) state.imported = null
  return session && signCookie(cookies, name, token, secrets)
}

/** Gives the browser the token that its request was answered with, unless the endpoint has set the cookie itself. */
export async function setImportedCookie(
  ctx: GenericEndpointContext,
  responseHeaders: Headers | undefined,
): Promise<void> {
  const { imported } = await requestState()
  const { sessionToken, dontRememberToken } = ctx.context.authCookies
  const isSet = responseHeaders?.getSetCookie().some((line) => line.startsWith(`${sessionToken.name}=`))
  if (imported === null || isSet) return
  const { maxAge: _, ...attributes } = sessionToken.attributes
  const isRemembered = !(await ctx.getSignedCookie(dontRememberToken.name, ctx.context.secret))
  await ctx.setSignedCookie(sessionToken.name, imported, ctx.context.secret, {
    ...attributes,
    ...(isRemembered && { maxAge: ctx.context.sessionConfig.expiresIn }),
  })
}

function isImporting(store: SessionStore): store is ImportingStore {
  return 'readFrom' in store
}
