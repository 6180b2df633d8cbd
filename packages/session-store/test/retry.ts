import { SessionStoreUnavailableError } from '../src/index.js'

/** Milliseconds for a replica to step in, on a busy machine. */
const DEADLINE_MS = 60_000
/** Milliseconds for what needs no other server. `npm run mutate` waits less long, for many of its changes prevent it. */
const EVENTUALLY_MS = Number(process.env['EVENTUALLY_MS'] ?? 10_000)

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

/** Looks at every turn of the event loop. A timer bounds it, which a test that stops the clocks leaves alone. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  let late = false
  const bound = setTimeout(() => (late = true), EVENTUALLY_MS)
  try {
    while (!(await condition())) {
      if (late) throw new Error(`Not within ${EVENTUALLY_MS} ms: ${what}`)
      await turn()
    }
  } finally {
    clearTimeout(bound)
  }
}

/** An answer without a round trip takes no turn of the event loop, so that no message could arrive. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
