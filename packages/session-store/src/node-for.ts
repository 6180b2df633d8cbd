import { Cluster, Command, type Redis } from 'ioredis'

/** The node that the client takes for the key's own; `undefined` while it knows of none. */
export function nodeFor(client: Redis | Cluster, key: string, address = ownerOf(client, key)): Redis | undefined {
  if (!(client instanceof Cluster)) return client
  return client.nodes('master').find(({ options }) => `${options.host}:${options.port}` === address)
}

function ownerOf(client: Redis | Cluster, key: string): string | undefined {
  return client instanceof Cluster ? client.slots[new Command('hdel', [key]).getSlot()]?.[0] : undefined
}
