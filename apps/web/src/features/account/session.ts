import type { QueryClient } from '@tanstack/react-query'
import { createContext, use } from 'react'
import { expectSession } from '../../api/expected-session.js'
import { toProblem } from '../../api/problem.js'
import type { ApiClient, Ending } from '../../api/trpc.js'

/** Why the sign-in page is shown. */
export type Notice = 'ended' | 'signed-out' | 'everywhere' | 'reset'

/** The pages that need a session. */
export const accountPaths = ['/', '/activity', '/security'] as const
export type AccountPath = (typeof accountPaths)[number]

/** Stands in the entry of the history and not in the address, where anyone could put words into our mouth. */
export interface SignInState {
  notice?: Notice
  /** How the session ended, where somebody else ended it. */
  ending?: Ending
  /** How many sessions were ended from here. */
  revoked?: number
  /** The page after signing in. Default: the devices. */
  returnTo?: AccountPath
}

/** The session as this tab knows it. A script cannot read the cookie; only the API knows. */
export interface Session {
  /** A page of the account is about to be shown, be it by the Back button: what was known may have changed. */
  enter(): void
  /** The API has answered as this session. */
  confirmed(id: string): void
  /** Signed in: forget what the last person saw and show the page that was asked for. */
  begin(returnTo?: AccountPath): Promise<void>
  /** Signed out from here: show the sign-in page and forget everything. */
  end(state: SignInState & { notice: Notice }): Promise<void>
  /** The API reported that the session was revoked or expired. */
  ended(ending: Ending): Promise<void>
  /** A call failed. If its reason is the session, the page finds out whose it is now. */
  failed(reason: unknown): void
  /** Whether somebody is signed in, asked anew. */
  isActive(): Promise<boolean>
  /** Calls the listener whenever another window has signed in, until the returned function is called. */
  onSignedInElsewhere(listener: () => void): () => void
}

interface Dependencies {
  api: ApiClient
  queryClient: QueryClient
  /** The path that is shown, or about to be. */
  path: () => string
  goTo: (path: AccountPath) => Promise<void>
  goToSignIn: (state: SignInState) => Promise<void>
}

/** Remembers over a reload that this browser was signed in, so that a refusal can be explained. Holds no secret. */
const MARK = 'rollcall.signedIn'

/** Windows of the same browser notify each other this way. */
type WindowMessage =
  | { readonly type: 'signed-in' }
  | { readonly type: 'signed-out'; readonly sessionId: string; readonly state: SignInState }

/** How long the sign-in page waits for the answer whether it is needed at all. */
const CHECK_TIMEOUT_MS = 3_000

export function createSession({ api, queryClient, path, goTo, goToSignIn }: Dependencies): Session {
  let knownEnded = false
  let current: string | undefined
  let settling: Promise<void> | undefined
  const signInListeners = new Set<() => void>()
  const windows = new BroadcastChannel('rollcall.session')
  const notify = (message: WindowMessage): void => windows.postMessage(message)
  windows.addEventListener('message', ({ data }: MessageEvent<WindowMessage>) => {
    if (data.type === 'signed-in') {
      for (const listener of signInListeners) listener()
      void reread()
    } else if (data.sessionId === current) void leave(data.state)
  })
  expectSession(undefined)

  /** The cookie may be another session's. Until the API says whose, it is to refuse changes for the one that was shown. */
  async function reread(): Promise<void> {
    knownEnded = false
    current = undefined
    await queryClient.resetQueries()
  }

  async function end(state: SignInState): Promise<void> {
    if (current !== undefined) notify({ type: 'signed-out', sessionId: current, state })
    await leave(state)
  }

  async function leave(state: SignInState): Promise<void> {
    knownEnded = true
    current = undefined
    expectSession(undefined)
    localStorage.removeItem(MARK)
    await queryClient.cancelQueries()
    const isWanted = state.notice === undefined || state.notice === 'ended'
    const returnTo = isWanted ? accountPaths.find((known) => known === path()) : undefined
    await goToSignIn({ ...state, ...(returnTo && { returnTo }) })
    // Only now: a page that still watches its data would fetch it again.
    queryClient.clear()
  }

  async function settle(): Promise<void> {
    try {
      // A password change replaces the cookie. A call that left with the old one is refused, yet nobody was signed out.
      await api.session.current.query()
    } catch (error) {
      if (toProblem(error).kind === 'unauthorized') {
        await end(localStorage.getItem(MARK) === null ? {} : { notice: 'ended' })
        return
      }
      // An outage says nothing about the session. Whatever the page asks again shows it.
    }
    await queryClient.invalidateQueries()
  }

  return {
    end,
    enter() {
      knownEnded = false
    },
    confirmed(id) {
      const isAnother = current !== undefined && current !== id
      current = id
      expectSession(id)
      localStorage.setItem(MARK, '1')
      if (isAnother) void queryClient.resetQueries()
    },
    async begin(returnTo = '/') {
      queryClient.clear()
      notify({ type: 'signed-in' })
      await goTo(returnTo)
    },
    async ended(ending) {
      if (knownEnded) return
      if (ending.by?.isSelf) await end({ notice: ending.cause === 'revoke-all' ? 'everywhere' : 'signed-out' })
      else await end({ notice: 'ended', ending })
    },
    failed(reason) {
      const { kind } = toProblem(reason)
      if (kind === 'other-session') void reread()
      if (kind !== 'unauthorized' || knownEnded) return
      settling ??= settle().finally(() => {
        settling = undefined
      })
    },
    async isActive() {
      if (knownEnded) return false
      try {
        await api.session.current.query(undefined, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })
        return true
      } catch {
        return false
      }
    },
    onSignedInElsewhere(listener) {
      signInListeners.add(listener)
      return () => signInListeners.delete(listener)
    },
  }
}

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('useSession needs a SessionContext')
  return session
}
