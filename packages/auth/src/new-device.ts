import { randomBytes } from 'node:crypto'
import type { Session, SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import { APIError, createAuthEndpoint, requestPasswordReset } from 'better-auth/api'
import { z } from 'zod'
import { type Audit, noted } from './audit.js'
import { addDevice, deviceOf, forgetDevice, wasSeen } from './devices.js'
import { requestSigns, requestState } from './request-state.js'
import { answered } from './session-adapter.js'
import { deletePending, deleteSecureAccountLinks, securesAccountOf, userSecuredBy } from './verification-model.js'

/** A sign-in from a browser that this user has not signed in from before. */
export interface NewDevice {
  readonly user: { readonly id: string; readonly email: string; readonly name: string }
  readonly session: Session
  /** Good for `POST /secure-account`, once, for seven days. */
  readonly token: string
}

/** In milliseconds. */
const TOKEN_LIFE = 7 * 24 * 60 * 60 * 1_000

/** After a sign-in. Whatever goes wrong, the person is signed in; a device that was not noted is new the next time. */
export async function noteDevice(
  ctx: GenericEndpointContext,
  session: Session,
  tell: (newDevice: NewDevice) => Promise<void>,
): Promise<void> {
  const device = deviceOf(session)
  if (device === null) return
  const { adapter, internalAdapter, logger } = ctx.context
  const { userId } = session
  try {
    if (await wasSeen(adapter, device.id, session.createdAt)) return
    if ((await requestState()).newUsers.has(userId)) {
      await addDevice(adapter, device.id, userId, session.createdAt)
      return
    }
    const token = newToken(device.id)
    await internalAdapter.createVerificationValue({
      identifier: identifierOf(token),
      value: securesAccountOf(userId),
      expiresAt: new Date(Date.now() + TOKEN_LIFE),
    })
    if (!(await addDevice(adapter, device.id, userId, session.createdAt))) return
    const user = await internalAdapter.findUserById(userId)
    if (user !== null) await tell({ user, session, token })
  } catch {
    logger.error('A new device could not be noted, or its user not be told')
  }
}

/**
 * `POST /secure-account { token }`, by whoever was told of a sign-in that was not theirs. It needs no session. All
 * sessions end, the password, if there is one, stops working, and a mail to choose a new one is sent. The token is good until all
 * of that has happened, so that an outage does not use it up.
 */
export function secureAccount(store: SessionStore, audit: Audit) {
  return createAuthEndpoint('/secure-account', { method: 'POST', body: z.object({ token: z.string() }) }, async (ctx) => {
    const { adapter, internalAdapter } = ctx.context
    const identifier = identifierOf(ctx.body.token)
    const found = await internalAdapter.findVerificationValue(identifier)
    if (found === null || found.expiresAt <= new Date()) throw invalidToken()
    const userId = userSecuredBy(found.value)
    const user = userId === null ? null : await internalAdapter.findUserById(userId)
    if (userId === null || user === null) throw invalidToken()

    const account = await internalAdapter.findCredentialAccount(userId)
    if (account) await internalAdapter.updateAccount(account.id, { password: null }) // which ends all sessions
    else {
      await deletePending(adapter, userId)
      const event = { name: 'account-secured', ...(await requestSigns()) }
      const ended = await answered(() => store.revokeAll(userId, { credentialChange: true, event }))
      await noted(audit, { event: 'account-secured', result: 'ok', userId, ended })
    }
    await forgetDevice(adapter, deviceIn(ctx.body.token))
    if ((await internalAdapter.consumeVerificationValue(identifier)) === null) throw invalidToken()
    await deleteSecureAccountLinks(adapter, userId)
    if (ctx.context.options.emailAndPassword?.enabled) await requestPasswordReset({ body: { email: user.email }, context: ctx.context, asResponse: false })
    return ctx.json({ status: true })
  })
}

const DEVICE_ID_LENGTH = 22

/** The id of the device, then 126 random bits. */
function newToken(deviceId: string): string {
  return deviceId + randomBytes(16).toString('base64url').slice(0, 21)
}

function deviceIn(token: string): string {
  return token.slice(0, DEVICE_ID_LENGTH)
}

function identifierOf(token: string): string {
  return `secure-account:${token}`
}

/** One answer for a token that is unknown, used or expired. */
function invalidToken(): APIError {
  return new APIError('BAD_REQUEST', { code: 'INVALID_TOKEN', message: 'Invalid token' })
}
