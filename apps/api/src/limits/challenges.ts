import { createHmac, randomInt } from 'node:crypto'
import type { Secrets } from '@rollcall/auth'
import type { Clock } from '@rollcall/session-store'
import { type Challenge, createChallenge, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { z } from 'zod'
import { TOP_LEVEL, type ProofOfWork } from './work.js'

/** The request header with a solved challenge: ALTCHA's payload, base64 of JSON. */
export const SOLUTION_HEADER = 'x-challenge-solution'

/** Milliseconds: the slowest phone needs a minute for the most work. */
export const CHALLENGE_LIFE_MS = 10 * 60_000

/** The kind of attempt. One challenge serves one purpose. */
export type Purpose = 'sign-in' | 'sign-up' | 'request-reset'

/** Proof-of-work challenges as ALTCHA makes them. */
export interface Challenges {
  /** It costs the server 2,000 rounds of PBKDF2. */
  issue(purpose: Purpose, email: string, level: number): Promise<Challenge>
  /**
   * `null` for a solution that is missing, wrong, forged, expired, or of another purpose or email address. Whether it was used
   * before is for the limits to say.
   */
  verify(payload: string | undefined, purpose: Purpose, email: string): Promise<ProofOfWork | null>
}

const ALGORITHM = 'PBKDF2/SHA-256'
/** Rounds of PBKDF2 for each key that is tried: so few that a browser cannot pause, so many that its own overhead is small. */
const ROUNDS = 2_000
/** Keys of the first level that are tried on average. Each number up to twice as many is equally likely. */
const KEYS = 300

const hex = z.string().regex(/^[0-9a-f]+$/)
const text = z.string().transform((base64) => Buffer.from(base64, 'base64').toString())
const json = text.transform((value, context): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    context.addIssue('not JSON')
    return z.NEVER
  }
})
const payloads = json.pipe(
  z.object({
    challenge: z.object({
      parameters: z.object({
        algorithm: z.literal(ALGORITHM),
        nonce: hex,
        salt: hex,
        cost: z.int(),
        keyLength: z.int(),
        keyPrefix: hex,
        keySignature: hex,
        data: z.object({ subject: z.string(), level: z.int().min(1).max(TOP_LEVEL), expiresAt: z.int() }),
      }),
      signature: hex,
    }),
    solution: z.object({ counter: z.int(), derivedKey: hex }),
  }),
)

/**
 * @param secrets The first signs, all of them verify.
 * @param clock that of all servers
 */
export function createChallenges(secrets: Secrets, clock: Clock): Challenges {
  const [current] = secrets
  return {
    issue: (purpose, email, level) => {
      const keys = KEYS * 2 ** (level - 1)
      return createChallenge({
        algorithm: ALGORITHM,
        cost: ROUNDS,
        counter: randomInt(1, 2 * keys),
        // ALTCHA's own expiry would use the clock of this machine.
        data: { subject: subjectOf(current, purpose, email), level, expiresAt: clock() + CHALLENGE_LIFE_MS },
        deriveKey,
        ...keysOf(current),
      })
    },

    async verify(payload, purpose, email) {
      const { data: parsed } = payloads.safeParse(payload)
      if (parsed === undefined) return null
      const { challenge, solution } = parsed
      const { nonce, data } = challenge.parameters
      if (data.expiresAt <= clock()) return null
      for (const secret of secrets) {
        if (data.subject !== subjectOf(secret, purpose, email)) continue
        const { verified } = await verifySolution({ challenge, solution, deriveKey, ...keysOf(secret) })
        if (verified) return { level: data.level, id: nonce }
      }
      return null
    },
  }
}

/** Keys of their own: no signature of another kind passes as one of a challenge. */
function keysOf(secret: string): { hmacSignatureSecret: string; hmacKeySignatureSecret: string } {
  return {
    hmacSignatureSecret: hash(secret, 'challenge:signature'),
    hmacKeySignatureSecret: hash(secret, 'challenge:key'),
  }
}

/** The client sees it; it reveals no email address. */
function subjectOf(secret: string, purpose: Purpose, email: string): string {
  return hash(secret, JSON.stringify(['challenge:subject', purpose, email]))
}

function hash(secret: string, message: string): string {
  return createHmac('sha256', secret).update(message).digest('base64url')
}
