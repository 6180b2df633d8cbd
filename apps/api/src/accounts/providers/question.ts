import { generateGenericState, parseGenericState } from 'better-auth/api'
import type { GenericEndpointContext } from '@better-auth/core'
import { randomNonce, randomPKCECodeVerifier } from 'openid-client'
import { z } from 'zod'
import { languageInput } from '../language.js'
import { returnPath } from '../return-path.js'
import { timeZoneInput } from '../time-zone.js'
import type { Checks } from './provider.js'
import { refusal } from './refusals.js'

/** Why a person is led to a provider. */
export type Purpose = 'sign-in' | 'link' | 'prove'

const LIFE_MS = 10 * 60_000

const question = z.object({
  providerId: z.string(),
  purpose: z.enum(['sign-in', 'link', 'prove']),
  /** The session that asked. */
  sessionId: z.string().nullable(),
  /** The provider must check its user again, because the answer is a proof. */
  isProof: z.boolean(),
  askedAt: z.coerce.date(),
  nonce: z.string(),
  codeVerifier: z.string(),
  revokeOtherSessions: z.boolean(),
  rememberMe: z.boolean().default(true), // an earlier version did not ask
  language: languageInput.default('en'), // as above
  timeZone: timeZoneInput,
  returnTo: returnPath,
})

/** A question to a provider, as the browser stores it. */
export type Question = z.infer<typeof question>

/** Stores the question in the browser, encrypted. Nothing of it is in a database, where strangers could fill a table. */
export async function ask(
  ctx: GenericEndpointContext,
  asked: Omit<Question, 'askedAt' | 'nonce' | 'codeVerifier'>,
): Promise<Checks & Pick<Question, 'isProof'>> {
  const codeVerifier = randomPKCECodeVerifier()
  const nonce = randomNonce()
  const askedAt = Date.now()
  const { state } = await generateGenericState(ctx, {
    callbackURL: asked.returnTo,
    codeVerifier,
    expiresAt: askedAt + LIFE_MS,
    question: { ...asked, askedAt, nonce, codeVerifier },
  })
  return { state, nonce, codeVerifier, isProof: asked.isProof }
}

/**
 * Takes the question of this browser back. It works once.
 *
 * @throws {APIError} 400 for an answer to a question that this browser did not ask, or not in the last ten minutes.
 */
export async function takeQuestion(ctx: GenericEndpointContext, state: string): Promise<Question> {
  const parsed = await parseGenericState(ctx, state).catch(() => {
    throw refusal('PROVIDER_ANSWER_INVALID')
  })
  const { data } = question.safeParse(parsed['question'])
  if (data === undefined) throw refusal('PROVIDER_ANSWER_INVALID')
  return data
}
