import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { superviseClient } from '../src/index.js'
import { secondCopyOfIoredis } from './helpers.js'

/** Begins the server's last flight of a TLS 1.2 handshake, which nothing else of these servers follows. */
const CHANGE_CIPHER_SPEC = Buffer.from([20, 3, 3, 0, 1, 1])
/** "decode error", as Redis may send when the other end leaves in the middle. */
const ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 50])

const servers: Server[] = []
let port: number

async function listening(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port // of a TCP server
}

/** A server whose certificate is not trusted, and which sends an alert with the end of its handshake. */
beforeAll(async () => {
  const file = (name: string) => readFile(new URL(`../../../apps/api/test/certificate/${name}`, import.meta.url))
  const tls = createTlsServer({
    cert: await file('certificate.pem'),
    key: await file('key.pem'),
    maxVersion: 'TLSv1.2',
  })
  tls.on('tlsClientError', () => undefined)
  const behind = await listening(tls)
  const proxy = createServer((client) => {
    const server = connect(behind, '127.0.0.1')
    for (const socket of [client, server]) socket.on('error', () => undefined)
    client.pipe(server)
    server.on('data', (data: Buffer) =>
      client.write(data.includes(CHANGE_CIPHER_SPEC) ? Buffer.concat([data, ALERT]) : data),
    )
    server.on('close', () => client.destroy())
  })
  port = await listening(proxy)
})
afterAll(() => servers.forEach((server) => server.close()))

const options = {
  tls: {},
  lazyConnect: true,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
} satisfies Omit<RedisOptions, 'replyMapping'>

/** Vitest fails the run at an error without a listener, whenever it comes. */
async function expectRefusal(client: Redis | Cluster): Promise<void> {
  client.on('error', () => undefined)
  const ended = new Promise((resolve) => client.once('end', resolve)) // events.once would reject with the error
  await expect(client.connect()).rejects.toThrow()
  await ended
}

test('two errors of one TLS connection end neither the process of a single client nor of its duplicates', async () => {
  const client = new Redis({ ...options, host: '127.0.0.1', port })
  await expectRefusal(client)
  await expectRefusal(client.duplicate())
})

test('nor of a client of a Cluster', async () => {
  await expectRefusal(
    new Cluster([{ host: '127.0.0.1', port }], {
      redisOptions: options,
      lazyConnect: true,
      clusterRetryStrategy: () => null,
    }),
  )
})

test('nor of a client of Sentinel', async () => {
  const sentinels = [{ host: '127.0.0.1', port }]
  await expectRefusal(new Redis({ ...options, sentinels, name: 'main', sentinelTLS: {} }))
})

test('nor of clients of another copy of ioredis, once one of them is supervised', async () => {
  const copy = secondCopyOfIoredis()
  const client = new copy.Redis({ ...options, host: '127.0.0.1', port })
  superviseClient(client)
  await expectRefusal(client)
  await expectRefusal(
    new copy.Redis({ ...options, sentinels: [{ host: '127.0.0.1', port }], name: 'main', sentinelTLS: {} }),
  )
  const cluster = new copy.Cluster([{ host: '127.0.0.1', port }], {
    redisOptions: options,
    lazyConnect: true,
    clusterRetryStrategy: () => null,
  })
  superviseClient(cluster)
  await expectRefusal(cluster)
})
