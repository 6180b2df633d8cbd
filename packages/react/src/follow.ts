import type { DevicesClient } from './client.js'
import { elect } from './elect.js'
import { problemOf } from './problem.js'
import type { StreamMessage } from './wire.js'

/** Milliseconds after which a stream is opened again that a server has closed; by chance less, so that not all pages come at once. */
const REOPEN_MS = 1_000

/** The same for one that has failed; by chance up to twice that. */
const RETRY_MS = 2_000

/** The question of a tab that was just opened. */
const LATEST_REQUEST = 'what is known?'

/**
 * Passes on the messages of a session's stream until the returned function is called; `waiting` also while there is no stream.
 * One tab of a browser holds the stream for all, because a browser opens at most six connections to a server on HTTP/1.1.
 */
export function follow(
  client: DevicesClient,
  sessionId: string,
  onMessage: (message: StreamMessage) => void,
): () => void {
  const left = new AbortController()
  const { signal } = left
  const channel = new BroadcastChannel(`rollcall.devices.${sessionId}`)
  let isElected = false
  let latest: StreamMessage | undefined

  // An end of an unknown cause may be a new secret that is on its way for long.
  const isOver = (): boolean => signal.aborted || (latest?.type === 'ended' && latest.cause !== 'unknown')

  function receive(message: StreamMessage): void {
    if (isOver()) return
    latest = message
    onMessage(message)
  }

  function publish(message: StreamMessage): void {
    if (isOver()) return
    channel.postMessage(message)
    receive(message)
  }

  channel.addEventListener('message', ({ data }: MessageEvent<StreamMessage | typeof LATEST_REQUEST>) => {
    if (data !== LATEST_REQUEST) receive(data)
    else if (isElected && latest) channel.postMessage(latest)
  })
  channel.postMessage(LATEST_REQUEST)
  elect(`rollcall.listens.${sessionId}`, signal, (turn) => {
    isElected = true
    turn.addEventListener('abort', () => (isElected = false))
    readStream(client, turn, isOver, publish)
  })

  return () => {
    left.abort()
    channel.close()
  }
}

/** Keeps a stream open and publishes its messages, until `turn` is aborted or the session is certainly over. */
function readStream(
  client: DevicesClient,
  turn: AbortSignal,
  isOver: () => boolean,
  publish: (message: StreamMessage) => void,
): void {
  /** In a row. */
  let refusals = 0
  let stream: { unsubscribe(): void } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  turn.addEventListener('abort', () => {
    stream?.unsubscribe()
    clearTimeout(timer)
  })
  open()

  function open(): void {
    if (isOver()) return
    let hasData = false
    stream = client.changes.subscribe(undefined, {
      onData(message) {
        hasData = true
        refusals = 0
        publish(message)
      },
      onConnectionStateChange: ({ error }) => error && publish({ type: 'waiting' }),
      // A server that shuts down, or a new secret: there is another server, or a new cookie.
      onComplete: () => openAgain(hasData ? REOPEN_MS * Math.random() : retryMs()),
      onError(error) {
        refusals = problemOf(error).kind === 'unauthorized' ? refusals + 1 : 0
        openAgain(retryMs())
        // One refusal mostly means that the secret was just replaced, and the new one is on its way.
        if (refusals > 1) publish({ type: 'ended', cause: 'unknown', by: null, at: new Date().toISOString() })
      },
    })
  }

  function openAgain(afterMs: number): void {
    if (turn.aborted) return
    publish({ type: 'waiting' })
    timer = setTimeout(open, afterMs)
  }
}

const retryMs = (): number => RETRY_MS * (1 + Math.random())
