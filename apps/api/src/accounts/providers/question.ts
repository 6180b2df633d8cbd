import { generateGenericState, parseGenericState } from 'better-auth/api'
import type { GenericEndpointContext } from '@better-auth/core'
import { randomNonce, randomPKCECodeVerifier } from 'openid-client'
import { z } from 'zod'
import { languageInput } from '../people/language.js'
import { returnPath } from '../return-path.js'
import { timeZoneInput } from '../people/time-zone.js'
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

/**
 * Stores the question in the browser, encrypted. Nothing of it is in a database, where strangers could fill a table.
 *
 * @param now by the clock that servers share, as for {@link takeQuestion}
 */
export async function ask(
  ctx: GenericEndpointContext,
  asked: Omit<Question, 'askedAt' | 'nonce' | 'codeVerifier'>,
  now: number,
): Promise<Checks & Pick<Question, 'isProof'>> {
  const codeVerifier = randomPKCECodeVerifier()
  const nonce = randomNonce()
  const { state } = await generateGenericState(ctx, {
    callbackURL: asked.returnTo,
    codeVerifier,
    expiresAt: Number.MAX_SAFE_INTEGER, // better-auth compares it with the clock of this machine
    question: { ...asked, askedAt: now, nonce, codeVerifier },
  })
  return { state, nonce, codeVerifier, isProof: asked.isProof }
}

/**
 * Takes the question out of this browser. No server remembers it. With a copy of the cookie it works again. The provider accepts each
 * code once.
 *
 * @throws {APIError} 400 unless this browser asked, in the last ten minutes.
 */
export async function takeQuestion(ctx: GenericEndpointContext, state: string, now: number): Promise<Question> {
  const parsed = await parseGenericState(ctx, state).catch(() => {
    throw refusal('PROVIDER_ANSWER_INVALID')
  })
  const { data } = question.safeParse(parsed['question'])
  if (data === undefined || now >= data.askedAt.getTime() + LIFE_MS) throw refusal('PROVIDER_ANSWER_INVALID')
  return data
}
