import { createAuthClient } from 'better-auth/client'

const client = createAuthClient({ baseURL: window.location.origin })

/** A refused or failed call to /api/auth. Without a status, no answer came. */
export class AuthFailure extends Error {
  constructor(
    readonly status: number | undefined,
    readonly code: string | undefined,
    readonly retryAfter: string | null,
    options?: ErrorOptions,
  ) {
    super(code ?? 'no answer', options)
    this.name = 'AuthFailure'
  }
}

interface Answer {
  data: unknown
  error: { status: number; code?: string | undefined } | null
}

interface Watch {
  fetchOptions: { onError: (context: { response: Response }) => void }
}

/** better-auth returns refusals and throws on a broken connection; here both are thrown, as one type. */
async function call(request: (watch: Watch) => Promise<Answer>): Promise<void> {
  let retryAfter: string | null = null
  const watch: Watch = {
    fetchOptions: {
      onError: ({ response }) => {
        retryAfter = response.headers.get('retry-after')
      },
    },
  }
  let answer: Answer
  try {
    answer = await request(watch)
  } catch (cause) {
    throw new AuthFailure(undefined, undefined, null, { cause })
  }
  if (answer.error) throw new AuthFailure(answer.error.status, answer.error.code, retryAfter)
}

export const auth = {
  signUp: (input: { name: string; email: string; password: string }) =>
    call((watch) => client.signUp.email({ ...input, ...watch })),
  signIn: (input: { email: string; password: string; rememberMe: boolean }) =>
    call((watch) => client.signIn.email({ ...input, ...watch })),
  signOut: () => call((watch) => client.signOut(watch)),
  requestPasswordReset: (input: { email: string }) =>
    call((watch) => client.requestPasswordReset({ ...input, redirectTo: '/reset-password', ...watch })),
  resetPassword: (input: { newPassword: string; token: string }) =>
    call((watch) => client.resetPassword({ ...input, ...watch })),
  /** Proves the password of the session again. An endpoint of ours, so better-auth's client does not know its name. */
  reauthenticate: (input: { password: string }) =>
    call((watch) => client.$fetch('/reauthenticate', { method: 'POST', body: input, ...watch.fetchOptions })),
  changePassword: (input: { currentPassword: string; newPassword: string }) =>
    call((watch) => client.changePassword({ ...input, ...watch })),
}
