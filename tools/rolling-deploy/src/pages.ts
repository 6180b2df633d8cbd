import { once, setMaxListeners } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from './load.js'

/** Milliseconds, as in packages/react/src/follow.ts: after a stream was closed, and after it has failed. */
const [REOPEN_MS, RETRY_MS] = [1_000, 2_000]

/** Open pages, each with a stream that it opens again when it ends. */
export interface Pages {
  /** How long each page was without a stream, in milliseconds, but for outages of Redis. */
  readonly gaps: number[]
  /** Streams that broke instead of being closed. */
  readonly failures: string[]
  close(): void
}

/** Resolves when all of them show their list. */
export async function openPages(port: number, people: readonly Person[]): Promise<Pages> {
  const [gaps, failures]: [number[], string[]] = [[], []]
  const over = new AbortController()
  setMaxListeners(people.length, over.signal)

  async function show(cookie: string, shown: () => void): Promise<void> {
    let lostAt: number | undefined
    // The connection of a stream that has ended leads to the same server, which may be about to end.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!over.signal.aborted) {
      let [hasData, wasClosed, isOutage] = [false, false, false]
      try {
        const sent = get({
          port,
          host: '127.0.0.1',
          path: '/trpc/devices.changes',
          agent,
          signal: over.signal,
          headers: { cookie, accept: 'text/event-stream' },
        })
        const [answer] = (await once(sent, 'response')) as [IncomingMessage] // of `response`
        for await (const chunk of answer) {
          const text = String(chunk)
          isOutage ||= text.includes('"httpStatus":503')
          wasClosed ||= text.includes('event: return')
          if (!text.includes('"type":"devices"')) continue
          hasData = true
          shown()
          if (lostAt !== undefined) gaps.push(performance.now() - lostAt)
          lostAt = undefined
        }
        if (!wasClosed && !isOutage) failures.push('A stream ended without a word')
      } catch (error) {
        if (!over.signal.aborted) failures.push(String(error))
      }
      lostAt = isOutage ? undefined : (lostAt ?? performance.now())
      if (!over.signal.aborted)
        await pause(wasClosed && hasData ? REOPEN_MS * Math.random() : RETRY_MS * (1 + Math.random()))
    }
    agent.destroy()
  }
  await Promise.all(people.map(({ cookie }) => new Promise<void>((shown) => void show(cookie, shown))))
  return { gaps, failures, close: () => over.abort() }
}
