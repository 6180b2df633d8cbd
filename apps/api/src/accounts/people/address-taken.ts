import type { AuthContext } from '@better-auth/core'
import { APIError } from 'better-auth/api'

/**
 * Whether a write has failed because another account took the email address in that moment: the unique index decides. `ownId` is the
 * user that was to have it, and `undefined` if it was not made.
 *
 * @throws {Error} of the database.
 */
export async function isAddressTaken(
  { internalAdapter }: Pick<AuthContext, 'internalAdapter'>,
  error: unknown,
  email: string,
  ownId: string | undefined,
): Promise<boolean> {
  if (error instanceof APIError) return false // an outage, or a refusal of ours
  const owner = await internalAdapter.findUserByEmail(email)
  return owner !== null && owner.user.id !== ownId
}
