import { randomBytes } from 'node:crypto'
import type { AuthContext } from '@better-auth/core'
import { getCurrentAdapter } from '@better-auth/core/context'
import { emailChangeOf } from '@rollcall/auth'
import { z } from 'zod'
import { HOUR_MS } from '../../durations.js'

/** The address that a link goes to: the one that the account has, or the one that it is to have. */
export const sides = ['old', 'new'] as const
export type Side = (typeof sides)[number]

/** A change of the email address that waits for its two confirmations. An account has one at most. */
export interface EmailChange {
  /** Names this change: the links of an earlier one do not confirm it. */
  readonly id: string
  /** The address that the account is to have. */
  readonly email: string
  readonly confirmed: readonly Side[]
  readonly expiresAt: Date
}

const stored = z.object({ id: z.string(), email: z.string(), confirmed: z.array(z.enum(sides)) })

type Rows = Pick<AuthContext, 'adapter' | 'internalAdapter'>

export function newEmailChange(email: string): EmailChange {
  const id = randomBytes(12).toString('base64url')
  return { id, email, confirmed: [], expiresAt: new Date(Date.now() + HOUR_MS) }
}

export async function findEmailChange({ internalAdapter }: Rows, userId: string): Promise<EmailChange | null> {
  const row = await internalAdapter.findVerificationValue(emailChangeOf(userId))
  if (row === null || row.expiresAt <= new Date()) return null
  return { ...stored.parse(JSON.parse(row.value)), expiresAt: row.expiresAt }
}

/** In the transaction that holds the row of the user. */
export async function writeEmailChange({ internalAdapter }: Rows, userId: string, change: EmailChange): Promise<void> {
  const { expiresAt, ...value } = change
  await internalAdapter.createVerificationValue({
    identifier: emailChangeOf(userId),
    value: JSON.stringify(value),
    expiresAt,
  })
}

/** In the transaction that holds the row of the user. Returns whether there was one. */
export async function deleteEmailChange({ adapter }: Rows, userId: string): Promise<boolean> {
  const sql = await getCurrentAdapter(adapter)
  const where = [{ field: 'identifier', value: emailChangeOf(userId) }]
  return (await sql.deleteMany({ model: 'verification', where })) > 0
}
