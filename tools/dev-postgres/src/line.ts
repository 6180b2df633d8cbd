import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { queryCounter } from './query-counter.js'

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
  /** The nth query from now on breaks its connection, before PostgreSQL gets it or before its answer arrives. */
  breakAt(n: number, moment: BreakingMoment): Breaking
}

export type BreakingMoment = 'query lost' | 'answer lost'

interface Breaking extends Disposable {
  /** Whether there was an nth query. */
  reached(): boolean
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  silent: boolean
}

interface Countdown {
  left: number
  readonly moment: BreakingMoment
}

function breakWhenReached({ client, server }: Pair, countdown: () => Countdown | undefined): void {
  const count = queryCounter()
  let answerIsLost = false
  const breakNow = (): void => {
    client.resetAndDestroy()
    server.destroy()
  }
  client.on('data', (chunk) => {
    const queries = count(chunk)
    const breaking = countdown()
    if (breaking === undefined || breaking.left <= 0) return
    breaking.left -= queries
    if (breaking.left > 0) return
    if (breaking.moment === 'answer lost') answerIsLost = true
    else breakNow()
  })
  server.on('data', () => answerIsLost && breakNow())
}

/** Passes on what each end sends, and its close, unless the pair is silent. */
function relay(pair: Pair): void {
  const { client, server } = pair
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    from.on('error', () => undefined) // the close that follows is passed on
    from.on('data', (chunk) => pair.silent || to.destroyed || to.write(chunk))
    from.once('close', () => {
      if (!pair.silent) to.destroy()
    })
  }
}

/** The way to a server from `startPostgres`, which listens on a unix socket at this URL. */
export async function lineTo(url: string): Promise<PostgresLine> {
  const target = new URL(url)
  const socket = join(target.searchParams.get('host') ?? '', '.s.PGSQL.5432')
  const pairs = new Set<Pair>()
  let made = 0
  let silenceNew = false
  let breaking: Countdown | undefined
  const listener = createServer((client) => {
    made += 1
    const pair: Pair = { client, server: connect(socket), silent: silenceNew }
    pairs.add(pair)
    breakWhenReached(pair, () => breaking)
    relay(pair)
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
    breakAt(n, moment) {
      const own = (breaking = { left: n, moment })
      return {
        reached: () => own.left <= 0,
        [Symbol.dispose]: () => void (breaking = undefined),
      }
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
