import type { QueryClient } from '@tanstack/react-query'
import { cookieSettled } from '../../api/auth.js'
import { expectSession } from '../../api/expected-session.js'
import { toProblem } from '../../api/problem.js'
import type { ApiClient, SessionEnd } from '../../api/trpc.js'
import { CHECK_TIMEOUT_MS } from '../../durations.js'
import { dropPendingAction } from './pending-action.js'
import { type AccountPath, accountPathOf, type Session, type SignInState } from './session.js'

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

/** The session of this tab, in agreement with the other windows of this browser. */
export class TabSession implements Session {
  readonly #deps: Dependencies
  readonly #signInListeners = new Set<() => void>()
  readonly #windows = new BroadcastChannel('rollcall.session')
  #knownEnded = false
  #current: string | undefined
  #settling: Promise<void> | undefined

  constructor(deps: Dependencies) {
    this.#deps = deps
    this.#windows.addEventListener('message', ({ data }: MessageEvent<WindowMessage>) => this.#onMessage(data))
    expectSession(undefined)
  }

  enter(): void {
    this.#knownEnded = false
  }

  confirmed(id: string): void {
    const isAnother = this.#current !== undefined && this.#current !== id
    this.#current = id
    expectSession(id)
    localStorage.setItem(MARK, '1')
    if (isAnother) void this.#deps.queryClient.resetQueries()
  }

  async begin(returnTo: AccountPath = '/'): Promise<void> {
    this.#deps.queryClient.clear()
    this.#notify({ type: 'signed-in' })
    await this.#deps.goTo(returnTo)
  }

  async end(state: SignInState): Promise<void> {
    if (this.#current !== undefined) this.#notify({ type: 'signed-out', sessionId: this.#current, state })
    await this.#leave(state)
  }

  async ended(sessionEnd: SessionEnd): Promise<void> {
    if (this.#knownEnded) return
    if (sessionEnd.by?.isSelf)
      await this.end({ notice: sessionEnd.cause === 'revoke-all' ? 'everywhere' : 'signed-out' })
    else await this.end({ notice: 'ended', sessionEnd })
  }

  failed(reason: unknown): void {
    const { kind } = toProblem(reason)
    if (kind === 'other-session') void this.#reread()
    if (kind !== 'unauthorized' || this.#knownEnded || this.#settling !== undefined) return
    this.#settling = this.#settle().finally(() => {
      this.#settling = undefined
    })
  }

  async isActive(): Promise<boolean> {
    if (this.#knownEnded) return false
    try {
      await this.#deps.api.session.current.query(undefined, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })
      return true
    } catch {
      return false
    }
  }

  async isAdministrator(): Promise<boolean | null> {
    try {
      const { user } = await this.#deps.api.session.current.query()
      return user.isAdmin
    } catch (error) {
      return toProblem(error).kind === 'unauthorized' ? false : null
    }
  }

  onSignedInElsewhere(listener: () => void): () => void {
    this.#signInListeners.add(listener)
    return () => this.#signInListeners.delete(listener)
  }

  #notify(message: WindowMessage): void {
    this.#windows.postMessage(message)
  }

  #onMessage(message: WindowMessage): void {
    if (message.type === 'signed-in') {
      for (const listener of this.#signInListeners) listener()
      void this.#reread()
    } else if (message.sessionId === this.#current) void this.#leave(message.state)
  }

  /** The cookie may be another session's. Until the API says whose, it is to refuse changes for the one that was shown. */
  async #reread(): Promise<void> {
    this.#knownEnded = false
    this.#current = undefined
    await this.#deps.queryClient.resetQueries()
  }

  async #leave(state: SignInState): Promise<void> {
    const { queryClient, path, goToSignIn } = this.#deps
    this.#knownEnded = true
    this.#current = undefined
    expectSession(undefined)
    localStorage.removeItem(MARK)
    dropPendingAction() // it was this session's
    await queryClient.cancelQueries()
    const isWanted = state.notice === undefined || state.notice === 'ended'
    const returnTo = isWanted ? accountPathOf(path()) : undefined
    await goToSignIn({ ...state, ...(returnTo && { returnTo }) })
    // Only now: a page that still watches its data would fetch it again.
    queryClient.clear()
  }

  async #settle(): Promise<void> {
    const { api, queryClient } = this.#deps
    // A change or a proof replaces the cookie. A call that left with the old one is refused, yet nobody was signed out.
    await cookieSettled()
    if (this.#knownEnded) return
    try {
      await api.session.current.query()
    } catch (error) {
      if (toProblem(error).kind === 'unauthorized') {
        await this.end(localStorage.getItem(MARK) === null ? {} : { notice: 'ended' })
        return
      }
      // An outage says nothing about the session. Whatever the page asks again shows it.
    }
    await queryClient.invalidateQueries()
  }
}
