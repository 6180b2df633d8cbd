import { once } from 'node:events'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Milliseconds between two checks of a server. */
const CHECK_MS = 250

export interface Balancer {
  readonly port: number
  /** Resolves when every server is ready. */
  allReady(): Promise<void>
  close(): void
}

/**
 * Passes connections on to the servers that are ready, in turn, and looks into none of them. It repeats nothing: a
 * connection that breaks is broken for the client too. So do Kubernetes' services and many a cloud's.
 *
 * @param targets ports on this machine
 */
export async function startTcpBalancer(targets: readonly number[]): Promise<Balancer> {
  const ready = new Set<number>()
  const open = new Set<Socket>()
  let turn = 0
  const closing = new AbortController()

  const server = createServer({ pauseOnConnect: true, noDelay: true }, (client) => {
    const choice = targets.filter((port) => ready.has(port))
    const target = connect({ port: choice[turn++ % choice.length] ?? 0, host: '127.0.0.1', noDelay: true })
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.once('close', () => {
        open.delete(one)
        other.end()
      })
      one.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  async function check(port: number): Promise<void> {
    while (!closing.signal.aborted) {
      if (await isReady(port)) ready.add(port)
      else ready.delete(port)
      await new Promise((resolve) => setTimeout(resolve, CHECK_MS))
    }
  }
  for (const port of targets) void check(port)

  return {
    port: (server.address() as AddressInfo).port, // a server on TCP has one
    async allReady() {
      while (ready.size < targets.length) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    close() {
      closing.abort()
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

/** Whether it answers, and does not leave. An outage of Redis is one of all servers: each says so itself. */
async function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (answer) => {
      text(answer).then(
        (body) => resolve(answer.statusCode === 200 || !body.includes('leaving')),
        () => resolve(false),
      )
    }).once('error', () => resolve(false))
  })
}
