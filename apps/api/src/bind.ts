import { once } from 'node:events'
import type { Server } from 'node:net'
import { StartError } from './start-error.js'

/**
 * Listens there. `names` are the settings of both.
 *
 * @throws {StartError} that names them.
 */
export async function bind(
  server: Server,
  at: { readonly host: string; readonly port: number },
  names: { readonly host: string; readonly port: string },
): Promise<void> {
  try {
    server.listen(at.port, at.host)
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new StartError(
      code === 'EADDRINUSE'
        ? `${names.port}: ${at.port} is already in use`
        : `${names.host}, ${names.port}: cannot listen there (${code})`,
    )
  }
}
