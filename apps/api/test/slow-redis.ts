import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PrivateRedis } from '@rollcall/dev-redis'

/** A way to a Redis on which each reply can be made late, by `delay` milliseconds. */
export async function slowWayTo(redis: PrivateRedis) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-slow-'))
  const url = join(folder, 'redis.sock')
  const way = { delay: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(redis.url)
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined) // the close that follows is passed on
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (chunk) => upstream.write(chunk))
    upstream.on('data', (chunk) => {
      if (way.delay === 0) client.write(chunk)
      else setTimeout(() => client.write(chunk), way.delay)
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
