import { proofMethodsOf } from '@rollcall/auth'
import type { SignInMethod } from '@rollcall/devices'
import type { AuthContext } from '@better-auth/core'

/**
 * How a person can prove again who they are: in each way that their account has, or else by a code in a mail. An account has nothing
 * else if it signs in with GitHub alone, for example.
 *
 * @param providers ids of those that can check their user again
 */
export async function proofMethodsFor(
  context: AuthContext,
  user: { readonly id: string },
  providers: ReadonlySet<string>,
): Promise<SignInMethod[]> {
  const methods = await proofMethodsOf(context, user)
  for (const { providerId } of await context.internalAdapter.findAccounts(user.id))
    if (providers.has(providerId)) methods.push({ kind: 'provider', provider: providerId })
  return methods.length === 0 ? [{ kind: 'email-code' }] : methods
}
