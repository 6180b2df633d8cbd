import type { AuthContext } from '@better-auth/core'
import { requireLength } from './length.js'
import { passwordState, requireAcceptable, siteWords } from './passwords.js'

/**
 * Hashes the password that a new person chooses.
 *
 * @param own Texts of the person that a guesser knows.
 * @throws {APIError} 400 with the code of the rule that the password breaks.
 */
export async function chooseFirstPassword(
  { password: hashing, ...site }: Pick<AuthContext, 'password' | 'appName' | 'baseURL'>,
  password: string,
  own: readonly string[],
): Promise<string> {
  requireLength(password, hashing.config)
  await requireAcceptable(password, [...own, ...siteWords(site)])
  const state = await passwordState()
  state.chosen = { password, hash: null } // which no rule sees again
  return hashing.hash(password)
}
