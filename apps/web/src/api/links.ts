import type { MailedEmailChange, MailedSignIn, MailedSignUp, RecentAddition } from '@rollcall/api'
import { CHECK_TIMEOUT_MS } from '../durations.js'

/** Whether the link of a mail works, and the sign-in, change or sign-up that it is about. */
export type LinkState = { readonly works: false } | ({ readonly works: true } & Facts)

interface Facts {
  readonly signIn: MailedSignIn | null
  readonly additions?: readonly RecentAddition[]
  readonly emailChange?: MailedEmailChange
  readonly signUp?: MailedSignUp
}

/** Asks before anything is filled in. Without an answer, the page goes on: the server decides in the end. */
export async function checkLink(
  kind: 'reset-password' | 'secure-account' | 'confirm-email' | 'finish-sign-up',
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
    return { works: true, ...((answer.ok ? await answer.json() : { signIn: null }) as Facts) } // by the route's type
  } catch {
    return { works: true, signIn: null }
  }
}
