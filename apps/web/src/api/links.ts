import type { MailedSignIn } from '@rollcall/api'

/** Whether the link of a mail works, and the sign-in that it is about. */
export type LinkState = { readonly works: false } | { readonly works: true; readonly signIn: MailedSignIn | null }

/** How long a page waits for the answer before it is shown. */
const CHECK_TIMEOUT_MS = 3_000

/** Asks before anything is filled in. Without an answer, the page goes on: the server decides in the end. */
export async function checkLink(
  kind: 'reset-password' | 'secure-account',
  token: string | undefined,
): Promise<LinkState> {
  if (token === undefined) return { works: false }
  try {
    const answer = await fetch('/api/link', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind, token }),
      signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
    })
    if (answer.status === 400) return { works: false }
    const { signIn } = (answer.ok ? await answer.json() : { signIn: null }) as { signIn: MailedSignIn | null } // by the route's type
    return { works: true, signIn }
  } catch {
    return { works: true, signIn: null }
  }
}
