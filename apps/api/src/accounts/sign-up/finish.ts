import type { GenericEndpointContext } from '@better-auth/core'
import { runWithTransaction } from '@better-auth/core/context'
import { APIError, createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'
import { isAddressTaken } from '../people/address-taken.js'
import { personName } from '../people/names.js'
import { chooseFirstPassword } from '../passwords/first-password.js'
import { timeZoneInput } from '../people/time-zone.js'
import { deleteSignUpLinks, languageIn, useSignUpToken } from './links.js'
import { findLinkedSignUp } from './sign-ups.js'

const body = z.object({
  token: z.string(),
  name: personName,
  password: z.string(),
  rememberMe: z.boolean().optional(),
  timeZone: timeZoneInput,
})

/**
 * `POST /sign-up/finish { token, name, password, rememberMe?, timeZone? }`, for the link of a mail. It makes the account and signs in. A name
 * or password that is refused, and an outage, use nothing up.
 */
export function finishSignUp() {
  return createAuthEndpoint('/sign-up/finish', { method: 'POST', body }, async (ctx) => {
    const { token, name, password, rememberMe, timeZone } = ctx.body
    const linked = await findLinkedSignUp(ctx.context, token)
    if (linked === null) throw invalidToken()
    const { email } = linked
    const hash = await chooseFirstPassword(ctx.context, password, [email, name])
    const isRemembered = rememberMe !== false
    const signedUp = await createAccount(ctx, { token, email, name, timeZone, hash, isRemembered })
    if (signedUp === null) throw invalidToken()
    await setSessionCookie(ctx, signedUp, !isRemembered)
    // They are dead, because an account has the address. They must not come back if it is deleted or gets another address.
    await deleteSignUpLinks(ctx.context.adapter, email).catch(() => undefined)
    return ctx.json({ status: true })
  })
}

interface NewAccount {
  readonly token: string
  readonly email: string
  readonly name: string
  readonly timeZone: string | undefined
  readonly hash: string
  readonly isRemembered: boolean
}

/**
 * The account, and its session, in the transaction that uses up the link. `null` if another request was faster, with this link or
 * another one of the address.
 */
async function createAccount(
  { context: { adapter, internalAdapter } }: GenericEndpointContext,
  { token, email, name, timeZone, hash, isRemembered }: NewAccount,
) {
  let userId: string | undefined
  try {
    return await runWithTransaction(adapter, async () => {
      if (!(await useSignUpToken(adapter, token))) return null
      if ((await internalAdapter.findUserByEmail(email)) !== null) return null
      const user = await internalAdapter.createUser(
        { email, name, emailVerified: true, language: languageIn(token), timeZone },
        { method: 'email-password' },
      )
      userId = user.id
      await internalAdapter.createAccount({ userId, providerId: 'credential', accountId: userId, password: hash })
      return { user, session: await internalAdapter.createSession(userId, !isRemembered) }
    })
  } catch (error) {
    if (await isAddressTaken({ internalAdapter }, error, email, userId)) return null
    throw error
  }
}

/** One answer for a token that is unknown, used or expired. */
function invalidToken(): APIError {
  return new APIError('BAD_REQUEST', { code: 'INVALID_TOKEN', message: 'Invalid token' })
}
