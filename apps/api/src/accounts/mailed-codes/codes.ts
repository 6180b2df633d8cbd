import { createHmac, randomInt } from 'node:crypto'
import type { Secrets } from '@rollcall/auth'
import type { AuthContext } from '@better-auth/core'
import { runWithTransaction } from '@better-auth/core/context'
import { MINUTE_MS } from '../../durations.js'
import { lockUser } from '../people/lock-user.js'
import { type Reader, readerOf } from '../people/reader.js'
import { proofMethodsFor } from './proof-methods.js'

const DIGITS = 8
export const CODE_LIFE_MS = 10 * MINUTE_MS

/** The session that asked for a code. No other one can use it. */
export interface AskingSession {
  readonly userId: string
  readonly sessionId: string
}

export interface MailedCodes {
  /** Makes a code for a mail. `null` for a user who is gone, or who can prove it otherwise by now. */
  createProofCode(asking: AskingSession): Promise<(Reader & { readonly code: string }) | null>
}

/** The identifier of the row that stands for a code. The hash is keyed: a copy of the database gives no code away. */
function codeIdentifier(secret: string, { userId, sessionId }: AskingSession, code: string): string {
  const text = JSON.stringify(['mailed-code', userId, sessionId, code])
  return `mailed-code:${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/**
 * The code, whichever server has mailed it: while secrets are rotated, not all servers have the same first one.
 *
 * @returns `null` for a code that is wrong or expired
 */
export async function findCode(
  { internalAdapter }: Pick<AuthContext, 'internalAdapter'>,
  secrets: Secrets,
  asking: AskingSession,
  code: string,
): Promise<{ readonly identifier: string } | null> {
  for (const secret of secrets) {
    const identifier = codeIdentifier(secret, asking, code)
    const row = await internalAdapter.findVerificationValue(identifier)
    if (row !== null && row.expiresAt > new Date()) return { identifier }
  }
  return null
}

/** @param providers ids of those that can prove who somebody is */
export function mailedCodesOf(context: AuthContext, providers: ReadonlySet<string>): MailedCodes {
  const { adapter, internalAdapter, secret } = context
  return {
    async createProofCode(asking) {
      const found = await internalAdapter.findUserById(asking.userId)
      if (found === null) return null
      const [method] = await proofMethodsFor(context, found, providers)
      if (method?.kind !== 'email-code') return null
      // A change of the address or of a way in must see the row, to delete it.
      return runWithTransaction(adapter, async () => {
        const user = await lockUser({ adapter }, found.id)
        if (user === null) return null
        const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
        await internalAdapter.createVerificationValue({
          identifier: codeIdentifier(secret, asking, code),
          value: found.id, // by which it ends with the credentials
          expiresAt: new Date(Date.now() + CODE_LIFE_MS),
        })
        return { ...readerOf(user), code }
      })
    },
  }
}
