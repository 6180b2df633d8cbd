import { randomBytes } from 'node:crypto'
import type { InternalAdapter } from '@better-auth/core'
import { z } from 'zod'
import { type EmailChange, type Side, sides } from './pending.js'

/** The change that a link confirms, and for which address. */
export interface EmailChangeLink {
  readonly userId: string
  readonly changeId: string
  readonly side: Side
}

type Verifications = Pick<InternalAdapter, 'createVerificationValue' | 'findVerificationValue'>

const RANDOM_BYTES = 24

const stored = z.object({ userId: z.string(), changeId: z.string(), side: z.enum(sides) })

/** SQL holds a hash of the token. A link works as long as its change is pending, and until one for its address is used. */
const identifierOf = (token: string): string => `email-change-link:${token}`

export async function createEmailChangeToken(
  verifications: Verifications,
  link: EmailChangeLink,
  { expiresAt }: Pick<EmailChange, 'expiresAt'>,
): Promise<string> {
  const token = randomBytes(RANDOM_BYTES).toString('base64url')
  await verifications.createVerificationValue({
    identifier: identifierOf(token),
    value: JSON.stringify(link satisfies z.infer<typeof stored>),
    expiresAt,
  })
  return token
}

/** `null` for a token that is unknown or expired. Its change may be over all the same. */
export async function findEmailChangeLink(
  verifications: Verifications,
  token: string,
): Promise<EmailChangeLink | null> {
  const row = await verifications.findVerificationValue(identifierOf(token))
  return row === null || row.expiresAt <= new Date() ? null : stored.parse(JSON.parse(row.value))
}
