import { type ParsedLocation, redirect } from '@tanstack/react-router'
import { type Problem, problemOfStatus } from '@rollcall/react'
import type { LazyPage } from './lazy-page.js'

/** A page that could not be opened. */
interface PageFailure {
  readonly problem: Problem
  /** The path that stayed. */
  readonly path: string
}

export type Layout = 'account' | 'public'

export interface PageOpener {
  /**
   * Loads the code of a page before it takes the place of the one that is shown. Without an answer from the server, that one
   * stays, and `failure` says why. If there is an answer, a new release has removed the code. Then the document is loaded anew.
   *
   * @param path Where the page is. Going back to the page that stayed does not end the failure.
   * @throws {Error} The failure if no page is shown. Otherwise it throws a redirect back to that page.
   */
  open(page: LazyPage, path: string): Promise<void>
  /** Loads the code that a person may need next. A failure is met when it is needed. */
  preload(layout: Layout): void
  failure(): PageFailure | null
  /** @returns A function that unsubscribes. */
  subscribe(listener: () => void): () => void
}

interface Dependencies {
  /** The pages whose code is not part of the first script. */
  readonly next: Readonly<Record<Layout, readonly LazyPage[]>>
  readonly shown: () => ParsedLocation | undefined
  readonly reload: () => void
}

export function createPageOpener({ next, shown, reload }: Dependencies): PageOpener {
  const listeners = new Set<() => void>()
  let failure: PageFailure | null = null
  function setFailure(next: PageFailure | null): void {
    failure = next
    for (const listener of listeners) listener()
  }

  return {
    async open(page, path) {
      const from = shown()
      try {
        await page.load()
        if (failure !== null && failure.path !== path) setFailure(null)
      } catch (error) {
        if (from === undefined) throw error
        const problem = await problemOfServer()
        if (problem === null) {
          reload() // the address is that of the new page already
          return new Promise(() => undefined)
        }
        setFailure({ problem, path: from.pathname })
        throw redirect({ to: from.pathname, search: from.search, state: from.state, replace: true })
      }
    },
    preload(layout) {
      for (const page of next[layout]) page.load().catch(() => undefined)
    },
    failure: () => failure,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** `null` if the server gives its page. */
async function problemOfServer(): Promise<Problem | null> {
  try {
    const { ok, status, headers } = await fetch('/', { cache: 'no-store' })
    return ok ? null : problemOfStatus(status, headers.get('retry-after'))
  } catch {
    return problemOfStatus(undefined, null)
  }
}
