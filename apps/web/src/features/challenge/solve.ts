import type { AuthHeaders } from '../../api/auth.js'

/** This browser cannot solve the challenge: it has no workers, or the page no cryptography, as on plain http. */
export class UnsolvableError extends Error {
  override readonly name = 'UnsolvableError'
}

export interface Solved {
  readonly challenge: unknown
  readonly solution: unknown
}

/** All cores would make a phone hot, and the page slow. */
const MAX_WORKERS = 4

/**
 * Solves ALTCHA's challenge in the body of an answer, in workers. `null` once the signal is aborted.
 *
 * @throws {UnsolvableError}
 */
export async function solve(body: unknown, signal: AbortSignal): Promise<Solved | null> {
  if (typeof body !== 'object' || body === null || !('challenge' in body)) throw new UnsolvableError()
  if (typeof Worker === 'undefined' || !isSecureContext) throw new UnsolvableError()
  const { challenge } = body
  const counterStep = Math.max(1, Math.min(MAX_WORKERS, navigator.hardwareConcurrency - 1))
  const workers = Array.from(
    { length: counterStep },
    () => new Worker(new URL('./solver.ts', import.meta.url), { type: 'module' }),
  )
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(null))
      for (const [counterStart, worker] of workers.entries()) {
        worker.addEventListener('message', ({ data }) => resolve({ challenge, solution: data }))
        worker.addEventListener('error', () => reject(new UnsolvableError()))
        worker.postMessage({ challenge, counterStart, counterStep })
      }
    })
  } finally {
    for (const worker of workers) worker.terminate()
  }
}

/** The payload of ALTCHA, in base64. */
export function solutionHeaders(solved: Solved): AuthHeaders {
  return { 'x-challenge-solution': btoa(JSON.stringify(solved)) }
}
