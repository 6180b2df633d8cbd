/**
 * Coalesces the reads of one turn of the event loop into one after that turn. A change costs one read of the list,
 * however many pages its user has open, and no page shows a list from before the change.
 */
export function coalesce<T>(read: (userId: string) => Promise<T>): (userId: string) => Promise<T> {
  const soon = new Map<string, Promise<T>>()
  return (userId) => {
    const reading =
      soon.get(userId) ??
      new Promise((resolve) => setImmediate(resolve)).then(() => {
        soon.delete(userId)
        return read(userId)
      })
    soon.set(userId, reading)
    return reading
  }
}

/**
 * Gives each caller a turn of the event loop of its own. Sending a message takes part of a millisecond. A thousand of
 * them in one turn would delay requests, and leave replies of Redis unread until they count as an outage.
 */
export function takeTurns(): () => Promise<void> {
  let last = Promise.resolve()
  return () => (last = last.then(() => new Promise((resolve) => setImmediate(resolve))))
}

/** A sleep that can be ended before its time. */
export function createSleeper(): { wake(): void; sleep(milliseconds: number): Promise<void> } {
  let wake = (): void => undefined
  return {
    wake: () => wake(),
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, milliseconds))
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}
