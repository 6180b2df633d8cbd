import type { SignInMethod } from '@rollcall/devices'
import type { AuthContext } from '@better-auth/core'
import { createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'

/**
 * `GET /reauthenticate/methods`: how the person of the session can prove who they are. `password` is for `/reauthenticate`,
 * `two-factor` for a code at `/two-factor/verify-…`, and each other method signs in again in the same browser. Empty for an
 * account without any way in, such as an anonymous one.
 */
export function proofMethods() {
  return createAuthEndpoint(
    '/reauthenticate/methods',
    { method: 'GET', use: [sensitiveSessionMiddleware] },
    async (ctx) => ctx.json({ methods: await proofMethodsOf(ctx.context, ctx.context.session.user) }),
  )
}

interface User {
  readonly id: string
  readonly twoFactorEnabled?: unknown
  readonly phoneNumberVerified?: unknown
  readonly isAnonymous?: unknown
}

/** The ways of `GET /reauthenticate/methods`, for an application that has further ones. */
export async function proofMethodsOf(context: AuthContext, user: User): Promise<SignInMethod[]> {
  const { adapter, internalAdapter, socialProviders } = context
  const has = async (plugin: string, model: string): Promise<boolean> =>
    context.hasPlugin(plugin) && (await adapter.count({ model, where: [{ field: 'userId', value: user.id }] })) > 0
  const accounts = await internalAdapter.findAccounts(user.id)
  const linked = new Set(accounts.map(({ providerId }) => providerId))
  const methods: SignInMethod[] = []
  if (accounts.some(({ providerId, password }) => providerId === 'credential' && password))
    methods.push({ kind: 'password' })
  if (await has('passkey', 'passkey')) methods.push({ kind: 'passkey' })
  for (const { id } of socialProviders) if (linked.has(id)) methods.push({ kind: 'provider', provider: id })
  if (await has('siwe', 'walletAddress')) methods.push({ kind: 'wallet' })
  if (context.hasPlugin('two-factor') && user.twoFactorEnabled === true) methods.push({ kind: 'two-factor' })
  if (context.hasPlugin('phone-number') && user.phoneNumberVerified === true) methods.push({ kind: 'phone-code' })
  if (user.isAnonymous === true) return methods // its address is made up
  if (context.hasPlugin('magic-link')) methods.push({ kind: 'email-link' })
  if (context.hasPlugin('email-otp')) methods.push({ kind: 'email-code' })
  return methods
}
