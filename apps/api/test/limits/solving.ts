import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { expect } from 'vitest'
import { SOLUTION_HEADER } from '../../src/limits/challenges.js'

/** A challenge as the answer brings it. */
export interface IssuedChallenge extends Challenge {
  readonly parameters: Challenge['parameters'] & {
    readonly data: { readonly subject: string; readonly level: number; readonly expiresAt: number }
  }
}

/** The challenge of an answer that asks for one. */
export async function challengeIn(response: Response): Promise<IssuedChallenge> {
  const body = (await response.json()) as { code: string; challenge: IssuedChallenge } // by the next line
  expect([response.status, body.code]).toEqual([429, 'CHALLENGE_NEEDED'])
  return body.challenge
}

export async function solve(challenge: IssuedChallenge) {
  const solution = await solveChallenge({ challenge, deriveKey })
  expect(solution).not.toBeNull()
  return { challenge, solution: { counter: solution?.counter ?? 0, derivedKey: solution?.derivedKey ?? '' } }
}

/** The header that brings a solution. */
export function withSolution(payload: object): Record<string, string> {
  return { [SOLUTION_HEADER]: Buffer.from(JSON.stringify(payload)).toString('base64') }
}
