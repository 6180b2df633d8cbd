import type { Redis } from 'ioredis'

/** Identifies the server of a connection. A server has another id after each start. */
export async function runIdOf(connection: Redis): Promise<string> {
  const [, id] = /^run_id:(\w+)/m.exec(await connection.info('server')) ?? []
  if (id === undefined) throw new Error('The server does not report its run id')
  return id
}
