import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '@rollcall/dev-redis'
import { programPath } from './env.js'

/** API servers on ports of their own, which start and stop together. */
export interface Servers {
  /** The origin of the page. */
  readonly origin: string
  /** The addresses of the servers. */
  readonly urls: readonly string[]
  /** Stops those that run, and starts them with these settings. */
  start(settings: Readonly<Record<string, string>>): Promise<void>
  stop(): Promise<void>
  close(): void
}

export async function createServers(count: number): Promise<Servers> {
  const servers: { port: number; child: ChildProcess }[] = []
  for (let n = 0; n < count; n += 1) {
    const child = fork(new URL('../processes/server.js', import.meta.url), {
      env: { PATH: programPath },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    servers.push({ port: await freePort(), child })
  }
  const urls = servers.map(({ port }) => `http://127.0.0.1:${port}`)
  const origin = urls[0] ?? ''
  const send = async (child: ChildProcess, message: object): Promise<void> => {
    const answered = once(child, 'message')
    child.send(message)
    await Promise.race([answered, once(child, 'exit').then(() => Promise.reject(new Error('A server has ended')))])
  }
  const common = {
    BASE_URL: origin,
    TRUSTED_PROXIES: 'loopback',
    PLACES: 'off',
    LEAVING_SECONDS: '0',
    DRAIN_SECONDS: '2',
  }
  return {
    origin,
    urls,
    async start(settings) {
      // One after the other: the first makes the tables.
      for (const { port, child } of servers) await send(child, { env: { ...common, PORT: String(port), ...settings } })
    },
    async stop() {
      await Promise.all(servers.map(({ child }) => send(child, {})))
    },
    close: () => servers.forEach(({ child }) => child.kill()),
  }
}
