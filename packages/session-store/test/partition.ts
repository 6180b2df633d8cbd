import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type PrivateNode, startCluster } from '@rollcall/dev-redis'
import { askNode } from './failover.js'

/** Where a message between the nodes of a cluster says who sent it. */
const SENDER = [40, 80] as const

/** A cluster of which one node can be cut off: the others hear nothing of it nor it of them, and clients reach all. */
export async function startDivisibleCluster() {
  /** Id of the node that is cut off, and its port. */
  let lonely: { id: string; port: number } | undefined
  const cut = new Set<Socket>()

  /** The way on which the others talk to a node. */
  async function startWay() {
    let node = { port: 0, busPort: 0 }
    const listener = createServer((near) => {
      const far = connect(node.busPort, '127.0.0.1')
      let sender = ''
      const pass = (to: Socket) => (chunk: Buffer) => {
        sender ||= chunk.toString('latin1', ...SENDER)
        if (lonely === undefined || (sender !== lonely.id && node.port !== lonely.port)) to.write(chunk)
        else cut.add(near)
      }
      near.on('data', pass(far))
      far.on('data', pass(near))
      for (const [one, other] of [[near, far], [far, near]] as const) {
        one.on('error', () => undefined)
        one.on('close', () => other.destroy())
      }
    }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo // it listens on a port
    const leadTo = (to: typeof node): number => {
      node = to
      return port
    }
    return { leadTo, close: () => void listener.close() }
  }

  const ways = await Promise.all(Array.from({ length: 6 }, startWay))
  const free = [...ways]
  const cluster = await startCluster({ args: (port, busPort) => ['--cluster-announce-bus-port', String(free.pop()?.leadTo({ port, busPort }))] })
  return {
    ...cluster,
    async cutOff(node: PrivateNode): Promise<void> {
      lonely = { id: await askNode(node, (client) => client.cluster('MYID')), port: node.port }
    },
    heal(): void {
      lonely = undefined
      for (const socket of cut) socket.destroy() // what it was saying has lost its beginning
      cut.clear()
    },
    async [Symbol.asyncDispose]() {
      await cluster.stop()
      for (const way of ways) way.close()
    },
  }
}
