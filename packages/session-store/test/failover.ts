import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type PrivateCluster, type PrivateNode, startCluster } from '@rollcall/dev-redis'
import { Command, type Cluster, Redis } from 'ioredis'
import { createSessionStore, redisOptions, SessionStoreUnavailableError, type SessionStore, type SessionStoreOptions, superviseClient } from '../src/index.js'
import { userTagOf } from '../src/token.js'
import { type ClientOptions, clusterClient, happens } from './helpers.js'

// A master dies in the midst of revocations; what did those come to that were acknowledged?

/** Servers that revoke at the same time, each over connections of its own. */
const SERVERS = 10
const SESSIONS_OF_EACH = 20
/** So many acknowledged revocations, and the master is killed. */
const ENOUGH = 40
/** Milliseconds for a replica to step in, on a busy machine. */
const DEADLINE = 60_000

export interface Outcome {
  /** Revocations that were answered as done. */
  readonly acknowledged: number
  /** How many of those sessions signed in again after the failover. */
  readonly cameBack: number
}

/**
 * A cluster whose nodes are far apart: replication from a master takes `distance` milliseconds, and is lost if the master
 * dies meanwhile. On one machine, the replica would have it before the client has its reply.
 */
export async function startDistantCluster(distance: number) {
  const ways = await Promise.all(Array.from({ length: 6 }, () => startDelay(distance)))
  const free = [...ways]
  const cluster = await startCluster({ args: (port) => ['--cluster-announce-port', String(free.pop()?.leadTo(port))] })
  return {
    ...cluster,
    async [Symbol.asyncDispose]() {
      await cluster.stop()
      for (const way of ways) way.close()
    },
  }
}

/** A proxy in front of a node that delays its replication. */
function startDelay(distance: number) {
  return startWay((near, far) => {
    let isReplica = false
    near.on('data', (chunk) => {
      isReplica ||= chunk.includes('PSYNC')
      far.write(chunk)
    })
    far.on('data', (chunk) => (isReplica ? setTimeout(() => near.write(chunk), distance) : near.write(chunk)))
  })
}

/** A way to a port that is known only later; `carry` passes on what either end says, as it will. */
export async function startWay(carry: (near: Socket, far: Socket) => void) {
  let node = 0
  const listener = createServer((near) => {
    const far = connect(node, '127.0.0.1')
    carry(near, far)
    for (const [one, other] of [[near, far], [far, near]] as const) {
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
      const redis = clusterClient(cluster.nodes.map(({ port }) => port), options)
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

/** Kills the master of a third of all users while revocations are on their way to it and some are acknowledged. */
export async function killAmidRevocations(
  cluster: PrivateCluster,
  servers: readonly { readonly redis: Cluster; readonly store: SessionStore }[],
  third: number,
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

  const signIn = await Promise.all(acknowledged.map(async ({ store, token }) => answer(() => store.validate(token))))
  await master.server.restart()
  await until('the old master follows', async () => (await roleOf(master)) === 'slave')
  await follows(master)
  return { acknowledged: acknowledged.length, cameBack: signIn.filter((session) => session !== null).length }
}

/** Asks again for as long as an outage lasts. */
export async function answer<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + DEADLINE
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof SessionStoreUnavailableError) || Date.now() > deadline) throw error
      await pause()
    }
  }
}

/** A condition that fails does not hold yet: servers close connections while they change roles. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE
  let cause: unknown
  const holds = async (): Promise<boolean> =>
    condition().catch((error: unknown) => {
      cause = error
      return false
    })
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within ${DEADLINE} ms: ${what}`, { cause })
    await pause()
  }
}

/** Between two looks. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

export async function askNode<T>({ server }: PrivateNode, ask: (admin: Redis) => Promise<T>): Promise<T> {
  const admin = new Redis(server.url, { retryStrategy: null })
  admin.on('error', () => undefined) // the command rejects by itself
  try {
    return await ask(admin)
  } finally {
    admin.disconnect()
  }
}

/** A slot begins to move from one master to another; the function that is returned gives it to that one. */
export async function moveSlot(slot: number, from: Redis, to: Redis): Promise<() => Promise<void>> {
  const [fromId, toId] = [await from.cluster('MYID'), await to.cluster('MYID')]
  await to.cluster('SETSLOT', slot, 'IMPORTING', fromId)
  await from.cluster('SETSLOT', slot, 'MIGRATING', toId)
  return async () => {
    await to.cluster('SETSLOT', slot, 'NODE', toId)
    await from.cluster('SETSLOT', slot, 'NODE', toId)
  }
}

export async function roleOf(node: PrivateNode): Promise<string> {
  const info = await askNode(node, async (admin) => admin.info('replication')).catch(() => '')
  return /role:(\w+)/.exec(info)?.[1] ?? 'none'
}

export async function roles(pair: readonly (PrivateNode | undefined)[]): Promise<[master: PrivateNode, replica: PrivateNode]> {
  const [one, other] = pair
  if (one === undefined || other === undefined) throw new Error('The cluster has no such pair')
  return (await roleOf(one)) === 'master' ? [one, other] : [other, one]
}

/** Resolves when this replica has all that its master has. */
async function follows(replica: PrivateNode): Promise<void> {
  await until('the replica follows', async () =>
    askNode(replica, async (admin) => {
      const info = await admin.info('replication')
      const field = (name: string) => new RegExp(`${name}:(\\S+)`).exec(info)?.[1]
      return field('master_link_status') === 'up' && field('master_sync_in_progress') === '0'
    }),
  )
}

/** How often these nodes were asked for a session. */
async function hgets(nodes: readonly PrivateNode[]): Promise<number> {
  const infos = await Promise.all(nodes.map((node) => askNode(node, (client) => client.info('commandstats')).catch(() => '')))
  return infos.reduce((sum, info) => sum + Number(/cmdstat_hget:calls=(\d+)/.exec(info)?.[1] ?? 0), 0)
}

/** Resolves when a store lets a token pass without asking any of these nodes. */
export async function remembers(nodes: readonly PrivateNode[], store: SessionStore, token: string): Promise<void> {
  await until('the session is remembered', async () => {
    const before = await hgets(nodes)
    const session = await answer(() => store.validate(token))
    if (session === null) throw new Error('The session does not pass')
    return (await hgets(nodes)) === before
  })
}

export async function refuses(store: SessionStore, token: string): Promise<void> {
  await until('the session is refused', async () => (await answer(() => store.validate(token))) === null)
}

/** Asks until the token is refused, whatever outage there is, and answers when the last call began that passed. */
export async function lastPass(store: SessionStore, token: string): Promise<number> {
  let last = Number.NEGATIVE_INFINITY
  await until('the session is refused', async () => {
    const began = performance.now()
    const session = await store.validate(token).catch(() => undefined)
    if (session) last = began
    return session === null
  })
  return last
}

export const keyOf = (userId: string): string => `user:{${userTagOf(userId)}}:sessions`

export const slotOf = (userId: string): number => new Command('hgetall', [keyOf(userId)]).getSlot()

/** New users whose sessions lie on this master. */
export async function usersOn(master: PrivateNode, count: number): Promise<string[]> {
  const ranges = await askNode(master, async (admin) => {
    const own = String(await admin.cluster('NODES')).split('\n').find((line) => line.includes('myself')) ?? ''
    return own.split(' ').slice(8).map((range) => range.split('-').map(Number))
  })
  if (ranges.length === 0) throw new Error('This node has no slots')
  const users: string[] = []
  while (users.length < count) {
    const userId = `user-${Math.random()}`
    const slot = slotOf(userId)
    if (ranges.some(([from = -1, to = from]: number[]) => slot >= from && slot <= to)) users.push(userId)
  }
  return users
}
