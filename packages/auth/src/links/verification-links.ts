import type { GenericEndpointContext } from '@better-auth/core'
import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'
import type { SessionStore } from '@rollcall/session-store'
import { APIError } from 'better-auth/api'
import { z } from 'zod'
import { currentPath } from '../request/current-endpoint.js'
import { requestState } from '../request/request-state.js'
import { rejectUnavailable } from '../request/unavailable.js'
import { emailChangeOf, hasEmailChange, takeEmailChange } from './verification-model.js'

// The links of `/verify-email` are tokens that better-auth signs. It stores none of them, so no new password could end them. They
// change the email address, or sign in.

const PATH = '/verify-email'
/** As long as better-auth's own links work. */
const LIFE_SECONDS = 60 * 60

const link = z.object({ token: z.string() })
const claims = z.object({ iat: z.number() })
const request = z.object({ newEmail: z.string().toLowerCase() })

/** A sign-in by such a link is as old as the link, so a change of credentials since then refuses it. */
export async function dateLink(
  { path, query }: GenericEndpointContext,
  { clock }: Pick<SessionStore, 'clock'>,
): Promise<void> {
  if (path !== PATH) return
  const state = await requestState()
  const startedAt = await state.startedAt?.catch(() => null)
  const issuedAt = issuedAtOf(link.safeParse(query).data?.token)
  if (!startedAt || issuedAt === null) return // without a time, nobody signs in; without a date, better-auth refuses the link
  const date = issuedAt + clock() - Date.now()
  if (date < startedAt.getTime()) state.startedAt = Promise.resolve(new Date(date))
}

/** Unverified: better-auth verifies the token. */
function issuedAtOf(token = ''): number | null {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    return claims.parse(JSON.parse(payload)).iat * 1_000
  } catch {
    return null
  }
}

/** After `/change-email`: records the address that was asked for, in a row that ends with the credentials. */
export async function recordEmailChange(
  { path, body, context }: GenericEndpointContext,
  store: SessionStore,
): Promise<void> {
  const { session, options, internalAdapter, adapter } = context
  const { sendVerificationEmail, expiresIn = LIFE_SECONDS } = options.emailVerification ?? {}
  const email = request.safeParse(body).data?.newEmail
  if (path !== '/change-email' || !sendVerificationEmail || session === null || email === undefined) return
  const { userId, token } = session.session
  const expiresAt = new Date(Date.now() + 2 * expiresIn * 1_000) // the link to the earlier address leads to one to the new address
  await internalAdapter.createVerificationValue({ identifier: emailChangeOf(userId), value: email, expiresAt })
  // Revoked since its request was let in: then the change that revoked it has not seen the row.
  if ((await rejectUnavailable(() => store.validate(token, { strict: true }))) === null)
    await takeEmailChange(adapter, userId, email)
}

/** Refuses a link to an address that its user has not asked for since the credentials changed. */
export async function requireEmailChange(sql: DBTransactionAdapter, userId: string, email: unknown): Promise<void> {
  if (currentPath() === PATH && !(await hasEmailChange(sql, userId, String(email)))) throw invalidLink()
}

/** Call it right before the address is written. It refuses the link too if another request was faster. */
export async function consumeEmailChange(sql: DBTransactionAdapter, userId: string, email: unknown): Promise<void> {
  if (currentPath() === PATH && !(await takeEmailChange(sql, userId, String(email)))) throw invalidLink()
}

function invalidLink(): APIError {
  return new APIError('UNAUTHORIZED', { code: 'INVALID_TOKEN', message: 'Invalid token' })
}
