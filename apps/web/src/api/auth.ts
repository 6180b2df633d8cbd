import { expectedSessionHeaders } from './expected-session.js'

/** A refused or failed call to /api/auth. Without a status, no answer came. */
export class AuthFailure extends Error {
  constructor(
    readonly status: number | undefined,
    readonly code: string | undefined,
    readonly retryAfter: string | null,
    /** The body of the answer, in any shape. */
    readonly body?: unknown,
    options?: ErrorOptions,
  ) {
    super(code ?? 'no answer', options)
    this.name = 'AuthFailure'
  }
}

export type AuthHeaders = Record<string, string>

/** An iPad says it is a Mac, but no Mac has a touch screen. The server stores this with a new session. */
const touch = navigator.maxTouchPoints > 1 ? { 'x-touch-screen': '?1' } : {}

/** The calls that have no answer yet: each may replace the cookie. */
const pending = new Set<Promise<unknown>>()

/** Begins the name of a lock, which each call holds: windows share the cookie, and see each other's locks. Plain http has none. */
const LOCK = 'rollcall.cookie.'
const locks = (): LockManager | undefined => navigator.locks

/** Resolves once no call can replace the cookie any more, so that the next one leaves with the newest. */
export async function cookieSettled(): Promise<void> {
  while (pending.size > 0) await Promise.allSettled(pending)
  const shared = locks()
  if (!shared) return
  const { held = [] } = await shared.query()
  const names = held.flatMap(({ name }) => (name?.startsWith(LOCK) ? [name] : []))
  await Promise.all(names.map((name) => shared.request(name, () => undefined)))
}

/**
 * The client of better-auth would be a twelfth of the first visit's script. It adds a cache of the session to a POST, which this
 * page must not have.
 *
 * @param body Of a POST. Without it, this is a GET.
 * @throws {AuthFailure}
 */
export async function callAuth(
  path: string,
  body?: Record<string, unknown>,
  headers: AuthHeaders = {},
): Promise<unknown> {
  const answer = () => send(path, body, headers)
  const call = locks()?.request(`${LOCK}${[...crypto.getRandomValues(new Uint32Array(2))].join()}`, answer) ?? answer()
  pending.add(call)
  try {
    return await call
  } finally {
    pending.delete(call)
  }
}

async function send(path: string, body: Record<string, unknown> | undefined, headers: AuthHeaders): Promise<unknown> {
  let answer: Response
  try {
    answer = await fetch(`/api/auth${path}`, {
      headers: { ...(body && { 'content-type': 'application/json' }), ...touch, ...headers },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
  } catch (cause) {
    throw new AuthFailure(undefined, undefined, null, undefined, { cause })
  }
  const said: unknown = await answer.json().catch(() => null)
  if (answer.ok) return said
  throw new AuthFailure(answer.status, codeIn(said), answer.headers.get('retry-after'), said)
}

/** A shape check and not a type: something between the page and the API can answer with anything. */
function codeIn(said: unknown): string | undefined {
  if (typeof said !== 'object' || said === null || !('code' in said)) return undefined
  return typeof said.code === 'string' ? said.code : undefined
}

async function post(path: string, body: Record<string, unknown> = {}, headers: AuthHeaders = {}): Promise<void> {
  await callAuth(path, body, headers)
}

/** For what changes the session that the page shows, or its account. */
async function change(path: string, body: Record<string, unknown> = {}): Promise<void> {
  await callAuth(path, body, expectedSessionHeaders())
}

export const auth = {
  /** `solution`: of a challenge. Resolves with whether a code is asked for: nobody is signed in before it. */
  signIn: async (input: { email: string; password: string; rememberMe: boolean }, solution?: AuthHeaders) => {
    const answer = await callAuth('/sign-in/email', input, solution)
    return typeof answer === 'object' && answer !== null && 'twoFactorRedirect' in answer
  },
  signOut: () => change('/sign-out'),
  requestPasswordReset: (input: { email: string }, solution?: AuthHeaders) =>
    post('/request-password-reset', { ...input, redirectTo: '/reset-password' }, solution),
  resetPassword: (input: { newPassword: string; token: string }) => post('/reset-password', input),
  /** Proves the password of the session again: an endpoint of ours. */
  reauthenticate: (input: { password: string }) => change('/reauthenticate', input),
  changePassword: (input: { currentPassword: string; newPassword: string }) => change('/change-password', input),
  /** For the link in the mail about a new device; also an endpoint of ours. */
  secureAccount: (input: { token: string }) => post('/secure-account', input),
  sendSecureAccountLink: (input: { token: string }) => post('/secure-account/send-link', input),
}
