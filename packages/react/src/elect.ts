/** Milliseconds after which a tab asks whether the elected one is still there; by chance up to twice that. */
const ASK_MS = 3_000

/** Milliseconds that the elected tab has for an answer; by chance up to twice that, so that not all tabs claim at once. */
const ANSWER_MS = 300

/** The same for a tab that has just been opened, and shows no changes yet. A claim too many costs little: see ADR 40. */
const FIRST_ANSWER_MS = 50

type MessageKind =
  /** Is anybody elected? */
  | 'ask'
  /** I am, or will be now. */
  | 'claim'
  /** I was, and am leaving. */
  | 'resign'

interface Message {
  readonly kind: MessageKind
  readonly id: string
}

/**
 * Elects one of the tabs that call this with the same name. Its `work` lasts until the signal that it is given aborts.
 * Then, or when that tab closes, another one is elected.
 *
 * @param signal takes this tab out of the election
 */
export function elect(name: string, signal: AbortSignal, work: (turn: AbortSignal) => void): void {
  // Browsers have none on plain http, except on localhost.
  const locks: LockManager | null | undefined = navigator.locks
  if (locks) electByLock(locks, name, signal, work)
  else electByLease(name, signal, work)
}

function electByLock(locks: LockManager, name: string, signal: AbortSignal, work: (turn: AbortSignal) => void): void {
  const turn = (): Promise<void> => {
    work(signal)
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
  }
  locks.request(name, { signal }, turn).catch(() => undefined)
}

/**
 * By messages between the tabs. Two may be elected for as long as a message takes: then the lower id stays. Messages
 * reach hidden tabs at once, whose timers browsers slow down: so the others ask, and the elected tab only answers.
 */
function electByLease(name: string, signal: AbortSignal, work: (turn: AbortSignal) => void): void {
  const id = [...crypto.getRandomValues(new Uint32Array(4))].join() // randomUUID is for secure pages
  const channel = new BroadcastChannel(name)
  let turn: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const send = (kind: MessageKind): void => channel.postMessage({ kind, id } satisfies Message)

  function plan(step: () => void, ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(step, ms * (1 + Math.random()))
  }

  function ask(answerMs: number): void {
    send('ask')
    plan(claim, answerMs)
  }

  const join = (): void => ask(FIRST_ANSWER_MS)
  const askAgain = (): void => ask(ANSWER_MS)

  function claim(): void {
    turn = new AbortController()
    send('claim')
    work(turn.signal)
  }

  function resign(): void {
    clearTimeout(timer)
    turn?.abort()
    if (turn !== undefined) send('resign')
    turn = undefined
  }

  channel.addEventListener('message', ({ data: { kind, id: other } }: MessageEvent<Message>) => {
    if (turn === undefined) {
      if (kind === 'claim') plan(askAgain, ASK_MS)
      if (kind === 'resign') plan(askAgain, 0)
    } else if (kind === 'claim' && other < id) {
      turn.abort()
      turn = undefined
      plan(askAgain, ASK_MS)
    } else send('claim')
  })
  // A page that is kept for the way back has left until it is shown again.
  addEventListener('pagehide', resign, { signal })
  addEventListener('pageshow', ({ persisted }) => persisted && join(), { signal })
  signal.addEventListener('abort', () => {
    resign()
    channel.close()
  })
  join()
}
