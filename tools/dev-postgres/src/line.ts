import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

/** A TCP connection to a PostgreSQL server that a test can break. */
export interface PostgresLine extends AsyncDisposable {
  /** The address of the database behind the line. */
  readonly url: string
  /** How many connections have been made. */
  connections(): number
  /** Open connections fall silent in both directions: no byte and no close passes any more. New connections work. */
  silence(): void
  /** Open connections and new ones are accepted and stay silent, until `restore`. */
  silenceAll(): void
  /** New connections work again. */
  restore(): void
  /** Open connections end with RST. */
  reset(): void
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  silent: boolean
}

/** @param url of a server from `startPostgres`, which listens on a unix socket. */
export async function lineTo(url: string): Promise<PostgresLine> {
  const target = new URL(url)
  const socket = join(target.searchParams.get('host') ?? '', '.s.PGSQL.5432')
  const pairs = new Set<Pair>()
  let made = 0
  let silenceNew = false
  const listener = createServer((client) => {
    made += 1
    const pair: Pair = { client, server: connect(socket), silent: silenceNew }
    const { server } = pair
    pairs.add(pair)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => undefined) // the close that follows is passed on
      from.on('data', (chunk) => pair.silent || to.write(chunk))
      from.once('close', () => {
        if (!pair.silent) to.destroy()
      })
    }
    client.once('close', () => pairs.delete(pair))
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo // it listens on a port
  target.searchParams.delete('host')
  target.host = `127.0.0.1:${port}`
  const silence = (): void => {
    for (const pair of pairs) pair.silent = true
  }
  return {
    url: target.href,
    connections: () => made,
    silence,
    silenceAll() {
      silence()
      silenceNew = true
    },
    restore: () => void (silenceNew = false),
    reset() {
      for (const { client } of pairs) client.resetAndDestroy()
    },
    async [Symbol.asyncDispose]() {
      listener.close()
      for (const { client, server } of pairs) {
        client.destroy()
        server.destroy()
      }
    },
  }
}
