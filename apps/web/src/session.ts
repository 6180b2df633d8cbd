import type { QueryClient } from '@tanstack/react-query'
import { createContext, use } from 'react'
import type { ApiClient } from './trpc.js'

/** Why the sign-in page is shown. */
export type Notice = 'ended' | 'signed-out' | 'everywhere' | 'reset'

/** What this tab knows of its session. The cookie is out of its reach; only the API can tell. */
export interface Session {
  /** A page of the account is about to be shown, be it by the Back button: what was known may have changed. */
  approach(): void
  /** The API has answered as somebody. */
  confirmed(): void
  /** Signed in: forget what the last person saw and show the devices. */
  begin(): Promise<void>
  /** Signed out: show the sign-in page and forget everything. */
  end(notice?: Notice): Promise<void>
  /** A call was answered with 401. */
  refused(): Promise<void>
  /** Whether somebody is signed in, asked anew. */
  isActive(): Promise<boolean>
}

interface Dependencies {
  api: ApiClient
  queryClient: QueryClient
  goHome: () => Promise<void>
  goToSignIn: (notice: Notice | undefined) => Promise<void>
}

/** Remembers over a reload that this browser was signed in, so that a refusal can be explained. Holds no secret. */
const MARK = 'rollcall.signedIn'

/** How long the sign-in page waits to hear whether it is needed at all. */
const CHECK_TIMEOUT_MS = 3_000

export function createSession({ api, queryClient, goHome, goToSignIn }: Dependencies): Session {
  let knownEnded = false
  let settling: Promise<void> | undefined

  async function end(notice?: Notice): Promise<void> {
    knownEnded = true
    localStorage.removeItem(MARK)
    await queryClient.cancelQueries()
    await goToSignIn(notice)
    // Only now: a page that still watches its data would fetch it again.
    queryClient.clear()
  }

  async function settle(): Promise<void> {
    try {
      // A password change replaces the cookie. A call that left with the old one is refused, yet nobody was signed out.
      await api.session.current.query()
    } catch {
      await end(localStorage.getItem(MARK) === null ? undefined : 'ended')
      return
    }
    await queryClient.invalidateQueries()
  }

  return {
    end,
    approach() {
      knownEnded = false
    },
    confirmed() {
      localStorage.setItem(MARK, '1')
    },
    async begin() {
      queryClient.clear()
      await goHome()
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
