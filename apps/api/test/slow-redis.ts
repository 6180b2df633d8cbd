import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { PrivateRedis } from '@rollcall/dev-redis'

/** A way to a Redis on which each reply can be made late, by `delay` milliseconds. */
export async function startSlowProxy(redis: PrivateRedis) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-slow-'))
  const url = join(folder, 'redis.sock')
  const way = { delay: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(redis.url)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined) // the close that follows is passed on
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (chunk) => upstream.write(chunk))
    // Each waits for the ones before: a reply that overtook others would be taken for the answer to their commands.
    let last = Promise.resolve()
    upstream.on('data', (chunk) => {
      const { delay } = way
      const due = delay === 0 ? Promise.resolve() : pause(delay)
      last = Promise.all([last, due]).then(() => void client.write(chunk))
    })
  })
  server.listen(url)
  await once(server, 'listening')
  return {
    url,
    way,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
