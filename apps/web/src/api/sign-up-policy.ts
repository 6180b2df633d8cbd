import { CHECK_TIMEOUT_MS } from '../durations.js'

export interface SignUpPolicy {
  /** An account begins with a link to its address. Otherwise a sign-up signs in at once. */
  readonly confirmsAddress: boolean
}

/** Asks how to sign up; `null` without an answer. A server that does not know the question signs up at once. */
export async function askSignUpPolicy(): Promise<SignUpPolicy | null> {
  try {
    const answer = await fetch('/api/auth/sign-up/policy', { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })
    if (answer.status === 404) return { confirmsAddress: false }
    const body: unknown = answer.ok ? await answer.json() : null
    return isPolicy(body) ? body : null
  } catch {
    return null
  }
}

/** Something between the page and the API can answer with anything. */
function isPolicy(body: unknown): body is SignUpPolicy {
  return (
    typeof body === 'object' && body !== null && 'confirmsAddress' in body && typeof body.confirmsAddress === 'boolean'
  )
}
