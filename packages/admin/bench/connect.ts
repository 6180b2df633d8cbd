import { connectRedis, redisOptions } from '@rollcall/session-store'
import { Cluster } from 'ioredis'

/** On one busy machine, silence is no failure. */
const PATIENT = { ...redisOptions, commandTimeout: 60_000, socketTimeout: 60_000 }

export async function connectCluster(addresses: string): Promise<Cluster> {
  const nodes = addresses.split(',').map((address) => {
    const [host = '', port] = address.split(':')
    return { host, port: Number(port) }
  })
  const cluster = new Cluster(nodes, { redisOptions: PATIENT, lazyConnect: true })
  cluster.on('error', () => undefined) // each command rejects by itself
  return connectRedis(cluster)
}
