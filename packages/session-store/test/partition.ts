import type { Socket } from 'node:net'
import { type PrivateNode, startCluster } from '@rollcall/dev-redis'
import { startProxy } from './failover.js'
import { askNode } from './nodes.js'

/** The position of the sender's id in a message between the nodes of a cluster. */
const SENDER = [40, 80] as const

/** A cluster of which one node can be cut off from the others, while clients reach all of them. */
export async function startDivisibleCluster() {
  /** Id of the node that is cut off, and its port. */
  let lonely: { id: string; port: number } | undefined
  const cut = new Set<Socket>()

  /** The proxy through which the others talk to a node. */
  async function startBus() {
    let owner = 0
    const { leadTo, close } = await startProxy((near, far) => {
      let sender = ''
      const pass = (to: Socket) => (chunk: Buffer) => {
        sender ||= chunk.toString('latin1', ...SENDER)
        if (lonely === undefined || (sender !== lonely.id && owner !== lonely.port)) to.write(chunk)
        else cut.add(near)
      }
      near.on('data', pass(far))
      far.on('data', pass(near))
    })
    const leadToNode = (port: number, busPort: number): number => {
      owner = port
      return leadTo(busPort)
    }
    return { leadToNode, close }
  }

  const proxies = await Promise.all(Array.from({ length: 6 }, startBus))
  const free = [...proxies]
  const cluster = await startCluster({
    args: (port, busPort) => ['--cluster-announce-bus-port', String(free.pop()?.leadToNode(port, busPort))],
  })
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
      for (const proxy of proxies) proxy.close()
    },
  }
}
