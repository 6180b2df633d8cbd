import { randomBytes } from 'node:crypto'
import type { InternalAdapter } from '@better-auth/core'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import { getCurrentAdapter } from '@better-auth/core/context'
import { HOUR_MS } from '../../durations.js'

type Verifications = Pick<InternalAdapter, 'createVerificationValue' | 'findVerificationValue'>

const RANDOM_BYTES = 24
const LANGUAGE_LENGTH = 2

/** SQL holds a hash of the token. An email address may have several links that are pending. */
const identifierOf = (token: string): string => `sign-up-link:${token}`

const VALUE = 'sign-up:'

/** All links of an address have the same value, so that they are deleted together. The language is part of the token. */
const valueOf = (email: string): string => VALUE + email

/** @param language two letters */
export async function createSignUpToken(
  verifications: Verifications,
  email: string,
  language: string,
): Promise<string> {
  const token = language + randomBytes(RANDOM_BYTES).toString('base64url')
  const expiresAt = new Date(Date.now() + HOUR_MS)
  await verifications.createVerificationValue({ identifier: identifierOf(token), value: valueOf(email), expiresAt })
  return token
}

/** The email address that a link proves. `null` for a token that is unknown, used or expired. */
export async function findSignUpEmail(verifications: Verifications, token: string): Promise<string | null> {
  const row = await verifications.findVerificationValue(identifierOf(token))
  return row === null || row.expiresAt <= new Date() ? null : row.value.slice(VALUE.length)
}

/** The language of the person who asked for the link. */
export function languageIn(token: string): string {
  return token.slice(0, LANGUAGE_LENGTH)
}

/** In a transaction. Returns `false` if it was used meanwhile. */
export async function useSignUpToken(adapter: DBAdapter, token: string): Promise<boolean> {
  const sql = await getCurrentAdapter(adapter)
  // Not consumed: then the sign-in would count as one from when the link was made.
  return (
    (await sql.deleteMany({ model: 'verification', where: [{ field: 'identifier', value: identifierOf(token) }] })) > 0
  )
}

/** Deletes the links of an address. */
export async function deleteSignUpLinks(adapter: DBAdapter, email: string): Promise<void> {
  await adapter.deleteMany({ model: 'verification', where: [{ field: 'value', value: valueOf(email) }] })
}
