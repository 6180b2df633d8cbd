import type { PrivateNode } from '@rollcall/dev-redis'
import { type Cluster, Command, Redis } from 'ioredis'
import { userTagOf } from '../src/record/token.js'
import { until } from './retry.js'

// Single servers of a Cluster or of Sentinel: their roles, their slots, and users on them.

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

export async function roles(
  pair: readonly (PrivateNode | undefined)[],
): Promise<[master: PrivateNode, replica: PrivateNode]> {
  const [one, other] = pair
  if (one === undefined || other === undefined) throw new Error('The cluster has no such pair')
  return (await roleOf(one)) === 'master' ? [one, other] : [other, one]
}

/** Resolves when this replica has all that its master has. */
export async function follows(replica: PrivateNode): Promise<void> {
  await until('the replica follows', async () =>
    askNode(replica, async (admin) => {
      const info = await admin.info('replication')
      const field = (name: string) => new RegExp(`${name}:(\\S+)`).exec(info)?.[1]
      return field('master_link_status') === 'up' && field('master_sync_in_progress') === '0'
    }),
  )
}

export const keyOf = (userId: string): string => `user:{${userTagOf(userId)}}:sessions`

export const slotOf = (userId: string): number => new Command('hgetall', [keyOf(userId)]).getSlot()

/** New users whose sessions lie on this master. */
export async function usersOn(master: PrivateNode, count: number): Promise<string[]> {
  const ranges = await askNode(master, async (admin) => {
    const own =
      String(await admin.cluster('NODES'))
        .split('\n')
        .find((line) => line.includes('myself')) ?? ''
    return own
      .split(' ')
      .slice(8)
      .map((range) => range.split('-').map(Number))
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

/** The connection of a Cluster client to the master that has this user. */
export function connectionOf(redis: Cluster, userId: string): Redis {
  const [owner] = redis.slots[slotOf(userId)] ?? []
  const client = redis.nodes('master').find(({ options }) => `${options.host}:${options.port}` === owner)
  if (client === undefined) throw new Error('No such node')
  return client
}
