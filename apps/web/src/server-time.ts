/** A smaller difference says nothing: an answer takes its time, and its header counts whole seconds. */
const TOLERANCE_MS = 10_000

/** Milliseconds by which the server's clock is ahead of the reader's, which may be wrong by a day. */
let ahead = 0
const listeners = new Set<() => void>()

/** The time by the server's clock, as all times of sessions and events are. */
export function serverTime(local = Date.now()): number {
  return local + ahead
}

/** Reads the server's clock off an answer. */
export function learnServerTime<Answer extends Pick<Response, 'headers'>>(answer: Answer): Answer {
  const said = Date.parse(answer.headers.get('date') ?? '')
  const difference = said - Date.now()
  if (Number.isNaN(said) || Math.abs(difference - ahead) < TOLERANCE_MS) return answer
  ahead = Math.abs(difference) < TOLERANCE_MS ? 0 : difference
  for (const listener of listeners) listener()
  return answer
}

/** Calls the listener when the difference between the clocks has changed, until the returned function is called. */
export function onServerTime(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
