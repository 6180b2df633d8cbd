import type { Redis } from 'ioredis'

/** Which server a connection leads to: another id after each start of one. */
export async function runIdOf(connection: Redis): Promise<string> {
  const [, id] = /^run_id:(\w+)/m.exec(await connection.info('server')) ?? []
  if (id === undefined) throw new Error('The server does not say which one it is')
  return id
}
