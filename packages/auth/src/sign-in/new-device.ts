import { randomBytes } from 'node:crypto'
import { deviceOf } from '@rollcall/devices'
import type { Session, SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext, InternalAdapter } from '@better-auth/core'
import { APIError, createAuthEndpoint } from 'better-auth/api'
import { z } from 'zod'
import { forgetAccountChanges, undoAccountChanges } from '../policy/account-changes.js'
import { type Audit, auditEvent } from '../audit/audit.js'
import {
  addDevice,
  claimNotification,
  deleteDevice,
  firstSignInFrom,
  recordNotified,
  touchDevice,
} from './known-devices.js'
import { clientInfo, requestState } from '../request/request-state.js'
import { resetLifeOf, sendReset } from '../links/reset.js'
import { revokeWithAudit } from '../sessions/revocations.js'
import {
  deletePending,
  deleteSecureAccountLinks,
  secureAccountIdentifier,
  securedIdentifier,
  secureAccountValue,
  userIdInSecureAccountValue,
} from '../links/verification-model.js'

/** A sign-in from a browser that this user has not signed in from before. */
export interface NewDevice {
  readonly user: { readonly id: string; readonly email: string; readonly name: string }
  readonly session: Session
  /** Good for `POST /secure-account`, once, for seven days. */
  readonly token: string
}

/** In milliseconds. */
const TOKEN_LIFE_MS = 7 * 24 * 60 * 60 * 1_000

/**
 * Notifies the user of a sign-in. `now`: they have been notified. `later`: the notification is safe, and
 * `recordNotified` follows. A rejection leaves the device unnotified, so that its next sign-in tries again.
 */
export type Notify = (session: Session, deviceId: string, ctx: GenericEndpointContext) => Promise<'now' | 'later'>

/** Hands the callback of an application all that it needs for a mail. */
export function notifyBy(onNewDevice: (newDevice: NewDevice) => Promise<void>): Notify {
  return async (session, deviceId, { context: { internalAdapter } }) => {
    const user = await internalAdapter.findUserById(session.userId)
    if (user !== null)
      await onNewDevice({ user, session, token: await createDeviceToken(internalAdapter, user.id, deviceId) })
    return 'now'
  }
}

/** After a sign-in. Whatever fails, the person is signed in. */
export async function recordDevice(ctx: GenericEndpointContext, session: Session, notify: Notify): Promise<void> {
  const device = deviceOf(session)
  if (device === null) return
  const { adapter, logger } = ctx.context
  const { userId, createdAt: now } = session
  try {
    const known = await touchDevice(adapter, device.id, now)
    if (known === 'notified') return
    if ((await requestState()).newUsers.has(userId)) {
      if (known === null) await addDevice(adapter, device.id, userId, now, { notified: true })
      return
    }
    const isOurs =
      known === null
        ? await addDevice(adapter, device.id, userId, now)
        : await claimNotification(adapter, device.id, now)
    if (!isOurs) return
    if ((await notify(session, device.id, ctx)) === 'now') await recordNotified(adapter, device.id)
  } catch {
    logger.error('A new device could not be recorded, or its user could not be notified; its next sign-in tries again')
  }
}

/** For `POST /secure-account`. */
export async function createDeviceToken(
  verifications: Pick<InternalAdapter, 'createVerificationValue'>,
  userId: string,
  deviceId: string,
): Promise<string> {
  const token = newToken(deviceId)
  await verifications.createVerificationValue({
    identifier: secureAccountIdentifier(token),
    value: secureAccountValue(userId),
    expiresAt: new Date(Date.now() + TOKEN_LIFE_MS),
  })
  return token
}

/**
 * `POST /secure-account { token }`, for a user who was notified of a sign-in that was not theirs. It needs no session. It
 * revokes all sessions, removes the password, if there is one, and takes away each way in that was added since that sign-in.
 * Then it asks the application to send a mail to choose a new password.
 * It uses up the token after that, so an outage, or a mail that the application rejects, leaves the token good. A
 * request that is repeated may ask for that mail again. Once all is done, it changes nothing more: the answer is the same while the
 * account has no session and no new password, and INVALID_TOKEN after that.
 */
function secureAccount(store: SessionStore, audit: Audit) {
  return createAuthEndpoint(
    '/secure-account',
    { method: 'POST', body: z.object({ token: z.string() }) },
    async (ctx) => {
      const { adapter, internalAdapter } = ctx.context
      const identifier = secureAccountIdentifier(ctx.body.token)
      const found = await internalAdapter.findVerificationValue(identifier)
      if (found === null && (await isSecured(internalAdapter, store, ctx.body.token))) return ctx.json({ status: true })
      if (found === null || found.expiresAt <= new Date()) throw invalidToken()
      const userId = userIdInSecureAccountValue(found.value)
      const user = userId === null ? null : await internalAdapter.findUserById(userId)
      if (userId === null || user === null) throw invalidToken()

      const account = await internalAdapter.findCredentialAccount(userId)
      if (account) await internalAdapter.updateAccount(account.id, { password: null }) // which revokes all sessions
      else {
        await deletePending(adapter, userId)
        const event = { name: 'account-secured', ...(await clientInfo()) }
        const ended = await revokeWithAudit(() => store.revokeAll(userId, { credentialChange: true, event }))
        await auditEvent(audit, { event: 'account-secured', result: 'ok', userId, ended })
      }
      const deviceId = deviceIdIn(ctx.body.token)
      const since = await firstSignInFrom(adapter, deviceId)
      // A request before this one has undone them, and deleted the device. Without its date, ways in of the owner would go too.
      if (since !== null) await undoAccountChanges(ctx.context, userId, since)
      await sendReset(ctx, user)
      await internalAdapter.createVerificationValue({
        identifier: securedIdentifier(ctx.body.token),
        value: userId, // by which a new password deletes it
        expiresAt: new Date(Date.now() + resetLifeOf(ctx)),
      })
      await deleteDevice(adapter, deviceId)
      await forgetAccountChanges(adapter, userId)
      await deleteSecureAccountLinks(adapter, userId) // last, because it uses up the token
      return ctx.json({ status: true })
    },
  )
}

/** Whether a request with this token has done it all, and nobody has signed in since. Its answer may have been lost. */
async function isSecured(internalAdapter: InternalAdapter, store: SessionStore, token: string): Promise<boolean> {
  const userId = await userSecuredBy(internalAdapter, token)
  return userId !== null && (await store.count(userId)) === 0
}

/** The user whose account was secured with this token, until they choose a password, for as long as a link to it works. */
async function userSecuredBy(internalAdapter: InternalAdapter, token: string): Promise<string | null> {
  const found = await internalAdapter.findVerificationValue(securedIdentifier(token))
  return found === null || found.expiresAt <= new Date() ? null : found.value
}

/**
 * `POST /secure-account/send-link { token }`, after `/secure-account`: asks the application for that mail again, which may have been
 * lost. It takes the same token, until a password is chosen, for as long as a link of the mail works.
 */
function sendLink() {
  return createAuthEndpoint(
    '/secure-account/send-link',
    { method: 'POST', body: z.object({ token: z.string() }) },
    async (ctx) => {
      const { internalAdapter } = ctx.context
      const userId = await userSecuredBy(internalAdapter, ctx.body.token)
      const user = userId === null ? null : await internalAdapter.findUserById(userId)
      if (user === null) throw invalidToken()
      await sendReset(ctx, user)
      return ctx.json({ status: true })
    },
  )
}

/** For somebody who was notified of a sign-in that was not theirs. */
export function secureAccountEndpoints(store: SessionStore, audit: Audit) {
  return { secureAccount: secureAccount(store, audit), sendSecureAccountLink: sendLink() }
}

const DEVICE_ID_LENGTH = 22

/** The id of the device, then 126 random bits. */
function newToken(deviceId: string): string {
  return deviceId + randomBytes(16).toString('base64url').slice(0, 21)
}

/** The device that a token for `/secure-account` is about. */
export function deviceIdIn(token: string): string {
  return token.slice(0, DEVICE_ID_LENGTH)
}

/** One answer for a token that is unknown, used or expired. */
function invalidToken(): APIError {
  return new APIError('BAD_REQUEST', { code: 'INVALID_TOKEN', message: 'Invalid token' })
}
