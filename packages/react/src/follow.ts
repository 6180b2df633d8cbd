import type { StreamMessage } from '@rollcall/trpc'
import type { DevicesClient } from './client.js'
import { problemOf } from './problem.js'

/** How long after a stream has broken it is opened again; by chance up to twice that, so that not all pages come at once. */
const RETRY_MS = 2_000

/** What a tab asks that has just been opened. */
const QUESTION = 'what is known?'

/**
 * Hears what the stream of a session tells, until the function that is returned is called; `waiting` also while there
 * is no stream. One tab of a browser listens for all: a server that speaks HTTP/1.1 gets no more than six connections
 * from it.
 */
export function follow(client: DevicesClient, sessionId: string, hear: (message: StreamMessage) => void): () => void {
  const left = new AbortController()
  const { signal } = left
  const channel = new BroadcastChannel(`rollcall.devices.${sessionId}`)
  let listens = false
  let known: StreamMessage | undefined
  let wasRefused = false
  let stream: { unsubscribe(): void } | undefined
  let retry: ReturnType<typeof setTimeout> | undefined

  const isOver = (): boolean => signal.aborted || known?.type === 'ended'

  function learn(message: StreamMessage): void {
    if (isOver()) return
    known = message
    hear(message)
  }

  function tell(message: StreamMessage): void {
    if (isOver()) return
    channel.postMessage(message)
    learn(message)
  }

  function listen(): void {
    if (isOver()) return
    stream = client.changes.subscribe(undefined, {
      onData(message) {
        wasRefused = false
        tell(message)
      },
      onConnectionStateChange: ({ error }) => error && tell({ type: 'waiting' }),
      onComplete: listenAgain,
      onError(error) {
        const isRefused = problemOf(error).kind === 'unauthorized'
        // One refusal may mean that the secret was just replaced and the new one is on its way: nobody was signed out.
        if (isRefused && wasRefused) return tell({ type: 'ended', cause: 'unknown', by: null, at: new Date().toISOString() })
        wasRefused = isRefused
        listenAgain()
      },
    })
  }

  function listenAgain(): void {
    tell({ type: 'waiting' })
    retry = setTimeout(listen, RETRY_MS * (1 + Math.random()))
  }

  channel.addEventListener('message', ({ data }: MessageEvent<StreamMessage | typeof QUESTION>) => {
    if (data !== QUESTION) learn(data)
    else if (listens && known) channel.postMessage(known)
  })
  channel.postMessage(QUESTION)

  /** Lasts until this tab closes or leaves; then it is another one's. */
  const turn = (): Promise<void> => {
    listens = true
    listen()
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
  }
  // Not there on plain http, except on localhost: then each tab listens for itself.
  const locks: LockManager | null | undefined = navigator.locks
  if (locks) locks.request(`rollcall.listens.${sessionId}`, { signal }, turn).catch(() => undefined)
  else void turn()

  return () => {
    left.abort()
    stream?.unsubscribe()
    clearTimeout(retry)
    channel.close()
  }
}
