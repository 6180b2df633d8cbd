import type { Problem } from '@rollcall/react'
import type { QueryClient } from '@tanstack/react-query'
import { cookieSettled } from '../../api/auth.js'
import { askSession } from '../../api/current-session.js'
import { expectSession } from '../../api/expected-session.js'
import { toProblem } from '../../api/problem.js'
import type { SessionEnd } from '../../api/trpc.js'
import { dropPendingAction } from './pending-action.js'
import { forgetSignedIn, rememberSignedIn, wasSignedIn } from './signed-in-mark.js'
import { type AccountPath, accountPathOf, type Session, type SignInState } from './session.js'

interface Dependencies {
  /** The path that is shown, or about to be. */
  path: () => string
  goTo: (path: AccountPath) => Promise<void>
  goToSignIn: (state: SignInState) => Promise<void>
}

/** Windows of the same browser notify each other this way. */
type WindowMessage =
  | { readonly type: 'signed-in' }
  | { readonly type: 'signed-out'; readonly sessionId: string; readonly state: SignInState }

/** The session of this tab, in agreement with the other windows of this browser. */
export class TabSession implements Session {
  readonly #deps: Dependencies
  readonly #signInListeners = new Set<() => void>()
  readonly #windows = new BroadcastChannel('rollcall.session')
  #queryClient: QueryClient | undefined
  #knownEnded = false
  #hasJustBegun = false
  #current: string | undefined
  #settling: Promise<void> | undefined

  constructor(deps: Dependencies) {
    this.#deps = deps
    this.#windows.addEventListener('message', ({ data }: MessageEvent<WindowMessage>) => this.#onMessage(data))
    expectSession(undefined)
  }

  async enter(): Promise<boolean> {
    this.#knownEnded = false
    if (wasSignedIn() || this.#hasJustBegun) return true
    this.#knownEnded = (await this.#problem()) === 'unauthorized'
    return !this.#knownEnded
  }

  queries(create: (onError: (error: unknown) => void) => QueryClient): QueryClient {
    return (this.#queryClient ??= create((error) => this.handleError(error)))
  }

  confirm(id: string): void {
    const isAnother = this.#current !== undefined && this.#current !== id
    this.#current = id
    expectSession(id)
    rememberSignedIn()
    if (isAnother) void this.#queryClient?.resetQueries()
  }

  async begin(returnTo: AccountPath = '/'): Promise<void> {
    this.#queryClient?.clear()
    this.#hasJustBegun = true
    this.#notify({ type: 'signed-in' })
    await this.#deps.goTo(returnTo)
  }

  async end(state: SignInState): Promise<void> {
    if (this.#current !== undefined) this.#notify({ type: 'signed-out', sessionId: this.#current, state })
    await this.#leave(state)
  }

  async handleEnd(sessionEnd: SessionEnd): Promise<void> {
    if (this.#knownEnded) return
    if (sessionEnd.cause === 'unknown') return this.#doubt(sessionEnd)
    if (sessionEnd.by?.isSelf)
      await this.end({ notice: sessionEnd.cause === 'revoke-all' ? 'everywhere' : 'signed-out' })
    else await this.end({ notice: 'ended', sessionEnd })
  }

  handleError(reason: unknown): void {
    const { kind } = toProblem(reason)
    if (kind === 'other-session') void this.#reread()
    if (kind === 'unauthorized' && !this.#knownEnded) void this.#doubt()
  }

  async isActive(): Promise<boolean> {
    return !this.#knownEnded && (await this.#problem()) === null
  }

  async isAdministrator(): Promise<boolean | null> {
    try {
      const { user } = await askSession()
      return user.isAdmin
    } catch (error) {
      return toProblem(error).kind === 'unauthorized' ? false : null
    }
  }

  onSignedInElsewhere(listener: () => void): () => void {
    this.#signInListeners.add(listener)
    return () => this.#signInListeners.delete(listener)
  }

  /** Asks for the session. `null`: there is one. */
  async #problem(): Promise<Problem['kind'] | null> {
    try {
      await askSession()
      return null
    } catch (error) {
      return toProblem(error).kind
    }
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

  /**
   * The cookie may be another session's. Until the API says whose, it refuses changes for the one that is shown. Text that was
   * typed for that session stays if it is still the same.
   */
  async #reread(): Promise<void> {
    this.#knownEnded = false
    const shown = this.#current
    const id = await askSession().then(
      (session) => session.id,
      () => undefined,
    )
    if (shown !== this.#current) return // read meanwhile
    if (id !== undefined && id === shown) return this.#queryClient?.invalidateQueries()
    this.#current = undefined
    await this.#queryClient?.resetQueries()
  }

  async #leave(state: SignInState): Promise<void> {
    const { path, goToSignIn } = this.#deps
    this.#knownEnded = true
    this.#hasJustBegun = false
    this.#current = undefined
    expectSession(undefined)
    forgetSignedIn()
    dropPendingAction() // it was this session's
    await this.#queryClient?.cancelQueries()
    const isWanted = state.notice === undefined || state.notice === 'ended'
    const returnTo = isWanted ? accountPathOf(path()) : undefined
    await goToSignIn({ ...state, ...(returnTo && { returnTo }) })
    // Only now: a page that still watches its data would fetch it again.
    this.#queryClient?.clear()
  }

  /** Something was refused for this session. The page finds out whether it is over. */
  #doubt(sessionEnd?: SessionEnd): Promise<void> {
    this.#settling ??= this.#settle(sessionEnd).finally(() => {
      this.#settling = undefined
    })
    return this.#settling
  }

  async #settle(sessionEnd?: SessionEnd): Promise<void> {
    // A change or a proof replaces the cookie. A call that left with the old one is refused, yet nobody was signed out.
    await cookieSettled()
    if (this.#knownEnded) return
    try {
      await askSession()
    } catch (error) {
      if (toProblem(error).kind === 'unauthorized') {
        await this.end(wasSignedIn() ? { notice: 'ended', ...(sessionEnd && { sessionEnd }) } : {})
        return
      }
      // An outage says nothing about the session. Whatever the page asks again shows it.
    }
    await this.#queryClient?.invalidateQueries()
  }
}
