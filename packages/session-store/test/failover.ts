import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type PrivateCluster, startCluster } from '@rollcall/dev-redis'
import type { Cluster } from 'ioredis'
import {
  createSessionStore,
  redisOptions,
  type SessionStore,
  type SessionStoreOptions,
  superviseClient,
} from '../src/index.js'
import { type ClientOptions, clusterClient, happens } from './helpers.js'
import { follows, roleOf, roles, usersOn } from './nodes.js'
import { answer, until } from './retry.js'

// A master dies in the midst of revocations. How many of the acknowledged ones hold?

/** Servers that revoke at the same time, each over connections of its own. */
const SERVERS = 10
const SESSIONS_OF_EACH = 20
/** After this many acknowledged revocations, the master is killed. */
const ENOUGH = 40

export interface Outcome {
  /** Revocations that were answered as done. */
  readonly acknowledged: number
  /** How many of those sessions signed in again after the failover. */
  readonly cameBack: number
}

/** Holds back what masters replicate, until it is released. */
interface Replication {
  hold(): void
  release(): void
}

/**
 * A cluster whose nodes are far apart: replication from a master takes `distance` milliseconds, or until it is released. It is
 * lost if the master dies meanwhile. On one machine, the replica would have it before the client has its reply.
 */
export async function startDistantCluster(distance: number) {
  const replication = createReplication()
  const proxies = await Promise.all(Array.from({ length: 6 }, () => startDelay(distance, replication.whenReleased)))
  const free = [...proxies]
  const cluster = await startCluster({ args: (port) => ['--cluster-announce-port', String(free.pop()?.leadTo(port))] })
  return {
    ...cluster,
    replication,
    async [Symbol.asyncDispose]() {
      await cluster.stop()
      for (const proxy of proxies) proxy.close()
    },
  }
}

function createReplication(): Replication & { whenReleased(write: () => void): void } {
  const waiting: (() => void)[] = []
  let isHeld = false
  return {
    hold: () => void (isHeld = true),
    release() {
      isHeld = false
      for (const write of waiting.splice(0)) write()
    },
    whenReleased: (write) => (isHeld ? void waiting.push(write) : write()),
  }
}

/** A proxy in front of a node that delays its replication. */
function startDelay(distance: number, whenReleased: (write: () => void) => void) {
  return startProxy((near, far) => {
    let isReplica = false
    near.on('data', (chunk) => {
      isReplica ||= chunk.includes('PSYNC')
      far.write(chunk)
    })
    far.on('data', (chunk) =>
      isReplica ? setTimeout(() => whenReleased(() => near.write(chunk)), distance) : near.write(chunk),
    )
  })
}

/** A proxy to a port that is known only later. `forward` sees the bytes of both ends, and decides what to write. */
export async function startProxy(forward: (near: Socket, far: Socket) => void) {
  let node = 0
  const listener = createServer((near) => {
    const far = connect(node, '127.0.0.1')
    forward(near, far)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo // it listens on a port
  const leadTo = (to: number): number => {
    node = to
    return port
  }
  return { leadTo, close: () => void listener.close() }
}

/** Servers of an application, each with a store on the same cluster. */
export async function startServers(
  cluster: PrivateCluster,
  durability: NonNullable<SessionStoreOptions['durability']>,
  options: ClientOptions = redisOptions,
) {
  const servers = await Promise.all(
    Array.from({ length: SERVERS }, async () => {
      const redis = clusterClient(
        cluster.nodes.map(({ port }) => port),
        options,
      )
      redis.on('error', () => undefined)
      superviseClient(redis)
      const ready = happens(redis, 'ready')
      redis.connect().catch(() => undefined) // on a busy machine a node may answer late: it tries again by itself
      await ready
      return { redis, store: createSessionStore({ redis, durability }) }
    }),
  )
  return { servers, [Symbol.asyncDispose]: async () => servers.forEach(({ redis }) => redis.disconnect()) }
}

/**
 * Kills the master of a third of all users amid revocations, of which some are acknowledged.
 *
 * @param replication Held back from the first revocation until the replica has stepped in. Default: it takes its time.
 */
export async function killAmidRevocations(
  cluster: PrivateCluster,
  servers: readonly { readonly redis: Cluster; readonly store: SessionStore }[],
  third: number,
  replication?: Replication,
): Promise<Outcome> {
  const [master, replica] = await roles([cluster.nodes[third], cluster.nodes[third + 3]])
  const users = await usersOn(master, servers.length)
  const plans = await Promise.all(
    servers.map(async ({ store }, at) => {
      const userId = users[at] ?? ''
      const created = await Promise.all(
        Array.from({ length: SESSIONS_OF_EACH }, () => answer(() => store.create({ userId }))),
      )
      return created.flatMap((signedIn) => (signedIn ? [{ store, userId, ...signedIn }] : []))
    }),
  )
  const sessions = plans.flat()
  await follows(replica)

  replication?.hold()
  const acknowledged: typeof sessions = []
  await Promise.allSettled(
    sessions.map(async (each) => {
      if ((await each.store.revoke(each.userId, each.session.id)) !== 1) return
      acknowledged.push(each)
      if (acknowledged.length === ENOUGH) process.kill(master.server.pid, 'SIGKILL')
    }),
  )
  if (acknowledged.length < ENOUGH) process.kill(master.server.pid, 'SIGKILL')
  await until('the replica has stepped in', async () => (await roleOf(replica)) === 'master')
  replication?.release() // no earlier: the dead master's connection may not be closed yet

  const signIn = await Promise.all(acknowledged.map(async ({ store, token }) => answer(() => store.validate(token))))
  await master.server.restart()
  await until('the old master follows', async () => (await roleOf(master)) === 'slave')
  await follows(master)
  return { acknowledged: acknowledged.length, cameBack: signIn.filter((session) => session !== null).length }
}
