import { type Secrets, tokenFromCookie } from '@rollcall/auth'
import type { AuthContext } from '@better-auth/core'

/** Names the user whose sign-in waits for a code; `null` if none does in this browser. */
export function waitingForCodeReader(
  { createAuthCookie, internalAdapter }: Pick<AuthContext, 'createAuthCookie' | 'internalAdapter'>,
  secrets: Secrets,
) {
  const { name } = createAuthCookie('two_factor')
  return async (headers: Headers): Promise<string | null> => {
    const identifier = tokenFromCookie(headers, name, secrets)
    const row = identifier === null ? null : await internalAdapter.findVerificationValue(identifier)
    return row !== null && row.expiresAt > new Date() ? row.value : null
  }
}
