import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { commandReader, framed } from '@rollcall/dev-redis'

/** Between one server and Redis: breaks connections, and knows when Redis is done with one. */
export interface Proxy {
  /** Breaks the server's open connections off. */
  drop(): void
  /** Leaves the open connections half open: what goes in that direction is lost from now on. */
  swallow(what: 'requests' | 'replies'): void
  close(): void
}

/** Is given the parts of a command; what it returns is sent instead. */
export type Rewrite = (parts: Buffer[]) => Buffer[]

export interface ProxyOptions {
  /** Path of the unix socket to listen on. */
  readonly path: string
  /** Path of the socket of the Redis that a new connection leads to. */
  readonly redis: () => string
  /** Called when a connection is made; what it returns, when Redis has let go of that connection. */
  readonly onOpen?: () => () => void
  readonly rewrite?: Rewrite | undefined
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  swallowed?: 'requests' | 'replies'
}

export async function startProxy({ path, redis, onOpen, rewrite }: ProxyOptions): Promise<Proxy> {
  const open = new Set<Pair>()
  const listener = createServer((client) => {
    const onClose = onOpen?.()
    const pair: Pair = { client, server: connect(redis()) }
    const { server } = pair
    const sent = rewrite ? rewriteCommands(rewrite) : (chunk: Buffer) => chunk
    open.add(pair)
    for (const socket of [client, server]) socket.on('error', () => undefined) // `close` follows
    client.on('data', (chunk) => pair.swallowed === 'requests' || server.write(sent(chunk)))
    server.on('data', (chunk) => pair.swallowed === 'replies' || client.write(chunk))
    // Ended, not destroyed: earlier commands still reach Redis. Its close then shows that they have run.
    client.once('close', () => server.end())
    server.once('close', () => {
      client.destroy()
      open.delete(pair)
      onClose?.()
    })
  })
  listener.listen(path)
  await once(listener, 'listening')
  return {
    drop() {
      for (const { client } of open) client.destroy()
    },
    swallow(what) {
      for (const pair of open) pair.swallowed = what
    },
    close() {
      listener.close()
      for (const { server } of open) server.destroy()
    },
  }
}

/** Applies `rewrite` to each whole command of a stream, and keeps back the rest until it is whole. */
function rewriteCommands(rewrite: Rewrite): (chunk: Buffer) => Buffer {
  const read = commandReader()
  return (chunk) => Buffer.concat(read(chunk).map((parts) => framed(rewrite(parts))))
}

/**
 * A bug to plant: every n-th time that the store should delete one session (lua/revoke.lua), it only looks
 * whether that is there. The answer is the same, and so is its place among the answers.
 */
export function dropHdel(n: number): Rewrite {
  let count = 0
  return (parts) => {
    const [name = '', , keys, key = '', events = '', now = '', by = '', id = ''] = parts.map(String)
    // Sessions and events of the user, the time, the session that asked for it, if any, and the one to end. Other scripts
    // are nearly the same.
    const isScript = /^eval(sha)?$/i.test(name) && keys === '2' && events.endsWith(':waiting')
    const isRevoke = isScript && parts.length === 8 && /^\d+$/.test(now) && isId(id) && (by === '' || isId(by))
    if (!isRevoke) return parts
    count += 1
    return count % n === 0 ? ['hexists', key, id].map((part) => Buffer.from(part)) : parts
  }
}

function isId(text: string): boolean {
  return /^[\w-]{16}$/.test(text)
}
