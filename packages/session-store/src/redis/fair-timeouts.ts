import type { Command, Redis } from 'ioredis'

/** Timers run before sockets are read. Between two steps the event loop reads what has arrived. */
const STEPS = 4

/** The message of ioredis for a command that timed out. */
export const TIMED_OUT = 'Command timed out'

/**
 * Like `setTimeout`, but counts only time in which this process could read its sockets. The time passes in four steps, and
 * a pause of the process, however long, is one step. So a reply that arrived during it is read first.
 */
function setFairTimeout(act: () => void, milliseconds: number): NodeJS.Timeout {
  let left = STEPS
  const timer = setTimeout(() => {
    left -= 1
    if (left > 0) timer.refresh()
    else setImmediate(act) // the sockets are read before that
  }, milliseconds / STEPS)
  return timer
}

/** Parts of ioredis that its types hide. It calls the methods, and clears the timers, by these names. */
interface TimedCommand {
  setTimeout: (this: TimedCommand, milliseconds: number) => void
  readonly isSettled: boolean
  readonly reject: (error: Error) => void
  _commandTimeoutTimer?: NodeJS.Timeout
}

interface TimedConnection {
  setSocketTimeout: () => void
  socketTimeoutTimer?: NodeJS.Timeout | undefined
}

/** Replaces the two timers that ioredis sets for `commandTimeout` and `socketTimeout`; their durations stay the same. */
export function makeTimeoutsFair(client: Redis): void {
  const own = Object.hasOwn(client, 'sendCommand') ? client.sendCommand : undefined
  const inherited = Object.getPrototypeOf(client) as Redis // whatever its class, it has a client's methods
  client.sendCommand = (command: Command, ...rest) => {
    const send = own ?? inherited.sendCommand // looked up for each command: tests that fail commands replace it
    const timed = command as unknown as TimedCommand // has these parts, some of them private
    timed.setTimeout = setCommandTimeout
    return send.call(client, command, ...rest)
  }
  const timed = client as unknown as TimedConnection // has these parts, all of them private
  timed.setSocketTimeout = () => setSocketTimeout(client, timed)
}

function setCommandTimeout(this: TimedCommand, milliseconds: number): void {
  this._commandTimeoutTimer ??= setFairTimeout(() => {
    if (!this.isSettled) this.reject(new Error(TIMED_OUT))
  }, milliseconds)
}

function setSocketTimeout(client: Redis, timed: TimedConnection): void {
  const { stream } = client
  const limit = client.options.socketTimeout ?? 0
  let isSilent = true
  const timer = setFairTimeout(() => {
    if (isSilent) stream.destroy(new Error(`Redis was silent for ${limit} ms with commands under way`))
  }, limit)
  timed.socketTimeoutTimer = timer
  stream.once('data', () => {
    isSilent = false
    clearTimeout(timer)
    // After the reader of replies, so that the queue no longer holds what was answered. Before ioredis 5.4.2, the reader may come second.
    queueMicrotask(() => {
      timed.socketTimeoutTimer = undefined
      if (client.commandQueue.length > 0) timed.setSocketTimeout()
    })
  })
}
