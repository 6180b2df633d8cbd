import { retiredPasswordOf } from '@rollcall/auth'
import type { GenericEndpointContext } from '@better-auth/core'
import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { lockUser } from '../people/lock-user.js'
import { requireLength } from './length.js'
import { type Passwords, passwordError } from './passwords.js'

/**
 * `POST /set-password { newPassword, revokeOtherSessions? }`: the first password of an account that has none. It must not replace
 * one: for that, the current one is needed. The policy of `packages/auth` decides which sessions are revoked.
 */
export function setPassword(passwords: Pick<Passwords, 'verify'>) {
  return createAuthEndpoint(
    '/set-password',
    {
      method: 'POST',
      body: z.object({ newPassword: z.string(), revokeOtherSessions: z.boolean().optional() }),
      use: [sensitiveSessionMiddleware],
    },
    async (ctx) => {
      const { internalAdapter, password: hashing } = ctx.context
      const { userId, token } = ctx.context.session.session
      const { newPassword } = ctx.body
      requireLength(newPassword, hashing.config)
      if ((await internalAdapter.findCredentialAccount(userId))?.password) throw alreadySet()
      const retired = await internalAdapter.findVerificationValue(retiredPasswordOf(userId))
      if (retired !== null && (await passwords.verify({ hash: retired.value, password: newPassword })))
        throw passwordError('PASSWORD_REUSED')
      const hash = await hashing.hash(newPassword) // which also applies the rules for passwords
      await storeFirstPassword(ctx, { userId, token, hash })
      return ctx.json({ status: true })
    },
  )
}

interface FirstPassword {
  readonly userId: string
  /** The token of the session that sets it. */
  readonly token: string
  readonly hash: string
}

/** @throws {APIError} 400 if another request was faster; 401 if the session was revoked meanwhile. */
async function storeFirstPassword(
  { context }: GenericEndpointContext,
  { userId, token, hash }: FirstPassword,
): Promise<void> {
  await runWithTransaction(context.adapter, async () => {
    const sql = await getCurrentAdapter(context.adapter)
    await lockUser(context, userId)
    // A request that takes the password away holds the row as well, and has revoked the session.
    if ((await context.internalAdapter.findSession(token)) === null) throw new APIError('UNAUTHORIZED')
    const account = await context.internalAdapter.findCredentialAccount(userId)
    if (account === null) {
      await context.internalAdapter.createAccount({
        userId,
        providerId: 'credential',
        accountId: userId,
        password: hash,
      })
      return
    }
    const where = [
      { field: 'id', value: account.id },
      { field: 'password', value: null }, // a reset may be faster
    ]
    if ((await sql.updateMany({ model: 'account', where, update: { password: hash } })) === 0) throw alreadySet()
  })
}

function alreadySet(): APIError {
  return new APIError('BAD_REQUEST', { code: 'PASSWORD_ALREADY_SET', message: 'The account has a password already' })
}
