import type { ReturnPath } from '@rollcall/api'
import type { QueryClient } from '@tanstack/react-query'
import { createContext, use } from 'react'
import type { SessionEnd } from '../../api/trpc.js'

/** Why the sign-in page is shown. */
export type Notice = 'ended' | 'signed-out' | 'everywhere' | 'reset' | 'deleted'

/** The pages that need a session. The API leads back to them from a provider. */
const accountPaths = ['/', '/activity', '/security', '/account', '/admin'] as const satisfies ReturnPath[]
export type AccountPath = (typeof accountPaths)[number]

/** `undefined` for what is none of them, such as an address of another site. */
export function accountPathOf(text: unknown): AccountPath | undefined {
  return accountPaths.find((path) => path === text)
}

/** Stands in the entry of the history and not in the address, where anyone could put words into our mouth. */
export interface SignInState {
  notice?: Notice
  /** How the session ended, where somebody else revoked it. */
  sessionEnd?: SessionEnd
  /** How many sessions were ended from here. */
  revoked?: number
  /** The page after signing in. Default: the devices. */
  returnTo?: AccountPath
}

/** The session as this tab knows it. A script cannot read the cookie; only the API knows. */
export interface Session {
  /**
   * A page of the account is about to be shown, be it by the Back button: what was known may have changed. Resolves to `false`
   * if nobody is signed in. That is asked only where this browser is not known to have been: elsewhere, the page finds out.
   */
  enter(): Promise<boolean>
  /** The data that the pages of an account have read. `create` makes it the first time: its code comes with those pages. */
  queries(create: (onError: (error: unknown) => void) => QueryClient): QueryClient
  /** The API has answered as this session. */
  confirm(id: string): void
  /** Signed in: forget what the last person saw and show the page that was asked for. */
  begin(returnTo?: AccountPath): Promise<void>
  /** Signed out from here: show the sign-in page and forget everything. */
  end(state: SignInState & { notice: Notice }): Promise<void>
  /** The API reported that the session was revoked or expired. */
  handleEnd(sessionEnd: SessionEnd): Promise<void>
  /** A call failed. If its reason is the session, the page finds out whose it is now. */
  handleError(reason: unknown): void
  /** Whether somebody is signed in, asked anew. */
  isActive(): Promise<boolean>
  /** Whether an administrator is signed in, asked anew; `null` if there was no answer. */
  isAdministrator(): Promise<boolean | null>
  /** Calls the listener whenever another window has signed in, until the returned function is called. */
  onSignedInElsewhere(listener: () => void): () => void
}

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('useSession needs a SessionContext')
  return session
}
