import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from './browser.js'

const WAIT_MS = 60_000

/** A signed-in browser that sends a query again and again. Times are those of `performance.now()`. */
export interface Watch {
  readonly name: string
  /** When the last query began that passed. */
  lastPassed: number
  /** How many queries were refused. An outage is no refusal. */
  refused: number
  /** How many queries were answered, an outage included. */
  answered: number
}

export class Load {
  readonly #thinkMs: number
  #running: { readonly watch: Watch; readonly over: AbortController; readonly done: Promise<void> }[] = []

  /** @param thinkMs Milliseconds between two queries of a browser. */
  constructor(thinkMs: number) {
    this.#thinkMs = thinkMs
  }

  /** Resolves once the first query has passed. */
  async watch(name: string, browser: Browser): Promise<Watch> {
    const watch: Watch = { name, lastPassed: 0, refused: 0, answered: 0 }
    const over = new AbortController()
    this.#running.push({ watch, over, done: this.#repeat(watch, browser, over.signal) })
    await until(() => watch.answered > 0, `an answer for ${name}`)
    return watch
  }

  /** Resolves once each browser has sent two more queries: the second began after this call. */
  async goOn(): Promise<void> {
    const from = this.#running.map(({ watch }) => [watch, watch.answered] as const)
    await until(() => from.every(([watch, answered]) => watch.answered >= answered + 2), 'two queries of each browser')
  }

  /** Ends the queries of all browsers so far. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#running = []
    for (const { over } of running) over.abort()
    await Promise.all(running.map(({ done }) => done))
  }

  async #repeat(watch: Watch, browser: Browser, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const began = performance.now()
      const { status } = await browser.send('/trpc/session.current')
      if (status === 200) watch.lastPassed = began
      if (status === 401) watch.refused += 1
      watch.answered += 1
      await pause(this.#thinkMs)
    }
  }
}

/** Waits for a condition. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const began = performance.now()
  while (!(await holds())) {
    if (performance.now() - began > WAIT_MS) throw new Error(`Waited in vain for ${what}`)
    await pause(10)
  }
}
