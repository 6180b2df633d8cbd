import { type Cluster, Command, type Redis } from 'ioredis'

/** Decides by property, not by class: an application with a second copy of ioredis passes a client of that copy. */
export function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster
}

/** Every master of a Cluster, or the one server of another client. */
export function mastersOf(client: Redis | Cluster): Redis[] {
  return isCluster(client) ? client.nodes('master') : [client]
}

/**
 * The name of a key or channel in Redis. ioredis adds the client's own `keyPrefix` to the keys of a command. It does not add
 * it to channels or to patterns of SCAN, nor remove it from keys in replies.
 */
export function nameInRedis(client: Redis | Cluster, key: string): string {
  return (client.options.keyPrefix ?? '') + key
}

/** The same for a command to one node of the client: there, ioredis adds the prefix of the node's options, if it has one. */
export function nameOnNode(client: Redis | Cluster, node: Redis, key: string): string {
  return node.options.keyPrefix ? key : nameInRedis(client, key)
}

/** The node that the client takes for the owner of the key; `undefined` while it knows of none. */
export function nodeFor(client: Redis | Cluster, key: string, address = ownerOf(client, key)): Redis | undefined {
  if (!isCluster(client)) return client
  return client.nodes('master').find(({ options }) => `${options.host}:${options.port}` === address)
}

/** The keys that the node owns, among those that `keyOf` gives for 0, 1 and so on. None, if it has no slot. */
export function* keysOn(client: Redis | Cluster, node: Redis, keyOf: (n: number) => string): Generator<string, void> {
  if (!isCluster(client)) {
    yield keyOf(0)
    return
  }
  const address = `${node.options.host}:${node.options.port}`
  if (!client.slots.some((owners) => owners?.[0] === address)) return
  for (let n = 0; ; n += 1) {
    const key = keyOf(n)
    if (ownerOf(client, key) === address) yield key
  }
}

function ownerOf(client: Redis | Cluster, key: string): string | undefined {
  return isCluster(client) ? client.slots[new Command('hdel', [nameInRedis(client, key)]).getSlot()]?.[0] : undefined
}

/** Asks the Cluster which node owns which slot. Does nothing for another client. */
export async function refreshSlots(client: Redis | Cluster): Promise<void> {
  if (!isCluster(client)) return
  await new Promise<void>((resolve, reject) => client.refreshSlotsCache((error) => (error ? reject(error) : resolve())))
}
