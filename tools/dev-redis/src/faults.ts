/** A command of ioredis: the promise of its reply, and the two ways to settle it. */
interface Command {
  readonly promise: Promise<unknown>
  resolve: (reply: unknown) => void
  readonly reject: (error: Error) => void
}

interface NamedCommand extends Command {
  readonly name: string
}

interface Client<C extends Command> {
  sendCommand(command: C, ...rest: never[]): unknown
}

/** In the second and the fourth Redis carries the command out, and nobody learns of it. */
export const faults = [
  'never sent',
  'reply lost',
  'never sent, nor any after it',
  'reply lost, and nothing sent after it',
] as const

export type Fault = (typeof faults)[number]

/**
 * Fails the n-th command, counted from 1, that the client sends from now on; what comes after it goes
 * through, unless the fault says otherwise. A prototype stands for all clients of its class. Only commands sent while `counts`
 * is true are counted. Default: all.
 */
export function failCommand<C extends Command>(
  client: Client<C>,
  n: number,
  fault: Fault,
  counts: () => boolean = () => true,
) {
  const original = client.sendCommand
  let sent = 0
  client.sendCommand = function sendCommand(command: C, ...rest: never[]): unknown {
    const isCounted = counts()
    if (isCounted) sent += 1
    const lost = new Error('Connection is closed.')
    const isIt = isCounted && sent === n
    const isAfter = sent >= n && !isIt
    if (!isIt && !(isAfter && fault.includes('after it'))) return original.call(this, command, ...rest)
    if (isAfter || fault.startsWith('never sent')) {
      command.reject(lost)
      return command.promise
    }
    const { resolve } = command
    command.resolve = () => {
      command.resolve = resolve // for a client that sends it again
      command.reject(lost)
    }
    return original.call(this, command, ...rest)
  }
  return {
    /** Were there as many commands? */
    reached: () => sent >= n,
    [Symbol.dispose]() {
      client.sendCommand = original
    },
  }
}

/**
 * Holds the first command of this name, in lower case, that the client sends from now on. It is sent once `open` is called. A
 * prototype stands for all clients of its class.
 */
export function holdCommand<C extends NamedCommand>(client: Client<C>, name: string) {
  const original = client.sendCommand
  let open = (): void => undefined
  let reach = (): void => undefined
  const reached = new Promise<void>((resolve) => (reach = resolve))
  client.sendCommand = function sendCommand(command: C, ...rest: never[]): unknown {
    if (command.name.toLowerCase() !== name) return original.call(this, command, ...rest)
    client.sendCommand = original
    open = () => void original.call(this, command, ...rest)
    reach()
    return command.promise
  }
  return {
    reached,
    open: () => open(),
    [Symbol.dispose]() {
      client.sendCommand = original
    },
  }
}
