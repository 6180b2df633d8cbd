import { SessionStoreUnavailableError } from '../src/index.js'

/** Milliseconds for a replica to step in, on a busy machine. */
const DEADLINE_MS = 60_000

/** Asks again for as long as an outage lasts. */
export async function answer<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof SessionStoreUnavailableError) || Date.now() > deadline) throw error
      await pause()
    }
  }
}

/** A condition that fails does not hold yet: servers close connections while they change roles. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  let cause: unknown
  const holds = async (): Promise<boolean> =>
    condition().catch((error: unknown) => {
      cause = error
      return false
    })
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within ${DEADLINE_MS} ms: ${what}`, { cause })
    await pause()
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
