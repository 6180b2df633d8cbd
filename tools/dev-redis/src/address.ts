import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { commandReader, framed } from './commands.js'

/** One address before several servers, as of a managed Redis, a Kubernetes service or HAProxy. */
export interface MovableAddress extends AsyncDisposable {
  /** For ioredis' constructor and REDIS_URL. */
  readonly url: string
  /** How many connections were accepted so far. */
  connections(): number
  /** New connections lead to this server, open ones stay with theirs. */
  leadTo(server: Server): void
  /**
   * On the connections that are open now, answers each command with this error line instead of the server's reply.
   * Commands for which `isPassed` holds still reach the server.
   */
  refuse(error: string, isPassed?: (command: string) => boolean): void
  close(): Promise<void>
}

/** A unix socket, or a port of 127.0.0.1. */
type Server = string | number

type Refuse = (command: readonly Buffer[]) => string | null

export async function startAddress(server: Server): Promise<MovableAddress> {
  let target = server
  let accepted = 0
  const open = new Map<Socket, { refuse?: Refuse }>()
  const listener = createServer((client) => {
    accepted += 1
    const state: { refuse?: Refuse } = {}
    open.set(client, state)
    const upstream = typeof target === 'string' ? connect(target) : connect(target, '127.0.0.1')
    const read = commandReader()
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => undefined) // the close that follows is passed on
      socket.once('close', () => {
        open.delete(client)
        other.destroy()
      })
    }
    upstream.on('data', (chunk) => client.write(chunk))
    client.on('data', (chunk) => {
      for (const parts of read(chunk)) {
        const error = state.refuse?.(parts) ?? null
        upstream.write(framed(error === null ? parts : refusal(error)))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo // it listens on a port

  async function close(): Promise<void> {
    for (const client of open.keys()) client.destroy()
    await new Promise((closed) => listener.close(closed))
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    connections: () => accepted,
    leadTo(next) {
      target = next
    },
    refuse(error, isPassed = () => false) {
      for (const state of open.values())
        state.refuse = ([name = '']) => (isPassed(String(name).toLowerCase()) ? null : error)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A command to which the server itself answers with this error, so that each reply keeps its place. */
function refusal(error: string): Buffer[] {
  return ['eval', 'return redis.error_reply(ARGV[1])', '0', error].map((part) => Buffer.from(part))
}
