import type { CustomEvent } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import type { APIError } from 'better-auth/api'
import { z } from 'zod'
import { type Audit, type AuditEvent, type AuditEventName, auditEvent } from './audit.js'
import { CREDENTIALS_CHANGED } from '../cookies/current-session.js'
import { hmac } from '../cookies/hmac.js'
import { clientInfo } from '../request/request-state.js'

/** Somebody gave a wrong password for an account that exists. Which one it was is not kept. */
export interface WrongPassword {
  /** Their attempt: `sign-in`, `reauthentication` or `password-change`. */
  readonly event: AuditEventName
  readonly userId: string
  /** The session they tried it in; `null` for a sign-in. */
  readonly sessionId: string | null
  /** The origin of the attempt. */
  readonly clientInfo: Omit<CustomEvent, 'name'>
}

/** It runs beside the answer, whose delay must not show whether an account exists. */
export type OnWrongPassword = (wrong: WrongPassword) => void

/** Records a refused attempt with the account that it was about. */
export async function auditRefusal(
  ctx: GenericEndpointContext,
  event: AuditEventName,
  refusal: APIError,
  audit: Audit,
  onWrongPassword: OnWrongPassword,
): Promise<void> {
  const account = await accountOf(ctx, event)
  await auditEvent(audit, { event, result: auditResultOf(refusal), ...account })
  const { userId, sessionId = null } = account
  if (WRONG_PASSWORD.has(refusal.body?.code ?? '') && userId !== undefined)
    onWrongPassword({ event, userId, sessionId, clientInfo: await clientInfo() })
}

/** An outage, be it of a provider, is no verdict on an attempt. A credential change in between is none either. */
function auditResultOf({ statusCode, body }: APIError): AuditEvent['result'] {
  if (statusCode >= 500) return 'unavailable'
  return body?.code === CREDENTIALS_CHANGED ? 'superseded' : 'refused'
}

const WRONG_PASSWORD = new Set(['INVALID_EMAIL_OR_PASSWORD', 'INVALID_PASSWORD'])

const withEmail = z.object({ email: z.string() })

/** Confirmed by a link from a mail, which any browser may open: its session may be that of another account. */
const confirmedByLink = new Set<AuditEventName>(['email-change'])

/** One lookup, whether or not the account exists. Nothing when the attempt names none, as with a link that is not valid. */
async function accountOf(
  ctx: GenericEndpointContext,
  event: AuditEventName,
): Promise<Pick<AuditEvent, 'userId' | 'sessionId' | 'emailHash'>> {
  if (confirmedByLink.has(event)) return {}
  const current = ctx.context.session?.session
  if (current && event !== 'sign-in') return { userId: current.userId, sessionId: current.id }
  const email = withEmail.safeParse(ctx.body).data?.email
  if (email === undefined) return {}
  const found = await ctx.context.internalAdapter.findUserByEmail(email.toLowerCase()).catch(() => null)
  return found === null ? { emailHash: emailHashOf(email, ctx.context.secret) } : { userId: found.user.id }
}

/** The same for every attempt with an email address, as long as the secret stays. Only who has the secret can try such addresses. */
export function emailHashOf(email: string, secret: string): string {
  return Buffer.from(hmac(secret)(`audit:${email.trim().toLowerCase()}`), 'latin1')
    .toString('base64url')
    .slice(0, 22)
}
