import type { QueryClient } from '@tanstack/react-query'
import { createContext, use } from 'react'
import { toProblem } from '../../api/problem.js'
import type { ApiClient, Ending } from '../../api/trpc.js'

/** Why the sign-in page is shown. */
export type Notice = 'ended' | 'signed-out' | 'everywhere' | 'reset'

/** Details that the sign-in page shows beside its notice. */
export interface SignOutDetails {
  /** How the session ended, where somebody else ended it. */
  ending?: Ending
  /** How many sessions were ended from here, and after how many milliseconds that was confirmed. */
  ended?: { revoked: number; ms: number }
}

/** What this tab knows of its session. A script cannot read the cookie; only the API knows. */
export interface Session {
  /** A page of the account is about to be shown, be it by the Back button: what was known may have changed. */
  enter(): void
  /** The API has answered as this session. */
  confirmed(id: string): void
  /** Signed in: forget what the last person saw and show the devices. */
  begin(): Promise<void>
  /** Signed out: show the sign-in page and forget everything. */
  end(notice?: Notice, ended?: SignOutDetails['ended']): Promise<void>
  /** The API reported that the session was revoked or expired. */
  ended(ending: Ending): Promise<void>
  /** A call was answered with 401. */
  refused(): Promise<void>
  /** Whether somebody is signed in, asked anew. */
  isActive(): Promise<boolean>
}

interface Dependencies {
  api: ApiClient
  queryClient: QueryClient
  goHome: () => Promise<void>
  goToSignIn: (notice: Notice | undefined, details: SignOutDetails) => Promise<void>
}

/** Remembers over a reload that this browser was signed in, so that a refusal can be explained. Holds no secret. */
const MARK = 'rollcall.signedIn'

/** One window notifies the others of the same browser this way. */
interface SignedOutMessage {
  sessionId: string
  notice: Notice | undefined
  details: SignOutDetails
}

/** How long the sign-in page waits for the answer whether it is needed at all. */
const CHECK_TIMEOUT_MS = 3_000

export function createSession({ api, queryClient, goHome, goToSignIn }: Dependencies): Session {
  let knownEnded = false
  let current: string | undefined
  const windows = new BroadcastChannel('rollcall.session')
  windows.addEventListener('message', ({ data: { sessionId, notice, details } }: MessageEvent<SignedOutMessage>) => {
    if (sessionId === current) void leave(notice, details)
  })
  let settling: Promise<void> | undefined

  async function end(notice?: Notice, details: SignOutDetails = {}): Promise<void> {
    if (current !== undefined) windows.postMessage({ sessionId: current, notice, details } satisfies SignedOutMessage)
    await leave(notice, details)
  }

  async function leave(notice: Notice | undefined, details: SignOutDetails): Promise<void> {
    knownEnded = true
    current = undefined
    localStorage.removeItem(MARK)
    await queryClient.cancelQueries()
    await goToSignIn(notice, details)
    // Only now: a page that still watches its data would fetch it again.
    queryClient.clear()
  }

  async function settle(): Promise<void> {
    try {
      // A password change replaces the cookie. A call that left with the old one is refused, yet nobody was signed out.
      await api.session.current.query()
    } catch (error) {
      if (toProblem(error).kind === 'unauthorized') {
        await end(localStorage.getItem(MARK) === null ? undefined : 'ended')
        return
      }
      // An outage tells nothing of the session. Whatever the page asks again shows it.
    }
    await queryClient.invalidateQueries()
  }

  return {
    end: (notice, ended) => end(notice, ended && { ended }),
    enter() {
      knownEnded = false
    },
    confirmed(id) {
      current = id
      localStorage.setItem(MARK, '1')
    },
    async begin() {
      queryClient.clear()
      await goHome()
    },
    async ended(ending) {
      if (knownEnded) return
      if (ending.by?.isSelf) await end(ending.cause === 'revoke-all' ? 'everywhere' : 'signed-out')
      else await end('ended', { ending })
    },
    async refused() {
      if (knownEnded) return
      settling ??= settle().finally(() => {
        settling = undefined
      })
      await settling
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
  }
}

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('useSession needs a SessionContext')
  return session
}
