import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort, startRedis } from '@rollcall/dev-redis'
import { type ApiServer, startApi } from '@rollcall/dev-servers'
import { startTcpBalancer } from './balancer.js'
import { type Person, signUp, startLoad } from './load.js'
import { exampleConfig, nginx, startNginx } from './nginx.js'
import { openPages } from './pages.js'

export interface Rolling {
  /** Stops of a server, one after the other, each followed by a start. */
  readonly stops: number
  /** Clients and open pages at each balancer. */
  readonly clients: number
  /** KEEP_ALIVE_SECONDS of the servers; they leave for a second more, and nginx keeps connections for a second less. */
  readonly keepAlive: number
}

export interface Outcome {
  readonly balancer: 'TCP' | 'nginx'
  readonly requests: number
  readonly failures: readonly string[]
  /** Requests answered with 503, because Redis did not answer in time. */
  readonly outages: number
  readonly streams: number
  /** Milliseconds that a page was without its stream, sorted. */
  readonly gaps: readonly number[]
}

/** Two servers behind a TCP balancer, and behind nginx where it can be had, which stop in turn under load. */
export async function rollingStops(options: Rolling): Promise<Outcome[]> {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-deploy-'))
  const cleanUps: (() => unknown)[] = [() => rm(dir, { recursive: true, force: true })]
  try {
    return await roll(options, dir, (cleanUp) => cleanUps.unshift(cleanUp))
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

async function roll(
  { stops, clients, keepAlive }: Rolling,
  dir: string,
  defer: (cleanUp: () => unknown) => void,
): Promise<Outcome[]> {
  const redis = await startRedis()
  defer(() => redis.stop())
  const [first, second, nginxPort] = [await freePort(), await freePort(), await freePort()]
  const tcp = await startTcpBalancer([first, second])
  defer(() => tcp.close())
  const origin = `http://127.0.0.1:${tcp.port}`
  const env = {
    BASE_URL: origin,
    KEEP_ALIVE_SECONDS: String(keepAlive),
    LEAVING_SECONDS: String(keepAlive + 1),
  }
  const start = (port: number): Promise<ApiServer> =>
    startApi(dir, redis.url, undefined, { ...env, PORT: String(port) })
  const servers = new Map([
    [first, await start(first)],
    [second, await start(second)],
  ])
  defer(() => Promise.all([...servers.values()].map((server) => server.kill())))
  await tcp.allReady()

  const ports: [Outcome['balancer'], number][] = [['TCP', tcp.port]]
  if (nginx !== undefined) {
    const config = await exampleConfig(nginxPort, [first, second], keepAlive - 1)
    const started = await startNginx(nginx, dir, nginxPort, config)
    defer(() => started.close())
    ports.push(['nginx', nginxPort])
  }

  const people: Person[] = []
  while (people.length < clients) people.push(await signUp(tcp.port, origin, people.length))
  // The first signs in again and again, which in the end pushes its own first session out.
  const watching = people.slice(1)
  const sides: Side[] = []
  for (const [balancer, port] of ports) {
    sides.push({ balancer, load: startLoad(port, origin, people), pages: await openPages(port, watching) })
  }
  for (let n = 0; n < stops; n += 1) {
    const port = n % 2 === 0 ? first : second
    const code = await servers.get(port)?.stop()
    if (code !== 0) throw new Error(`A server ended with ${code}`)
    servers.set(port, await start(port))
    await tcp.allReady()
  }
  await pause(2_000) // for the streams of the last stop
  return await Promise.all(sides.map((side) => finish(side, watching.length)))
}

interface Side {
  readonly balancer: Outcome['balancer']
  readonly load: ReturnType<typeof startLoad>
  readonly pages: Awaited<ReturnType<typeof openPages>>
}

async function finish({ balancer, load, pages }: Side, streams: number): Promise<Outcome> {
  pages.close()
  await load.stop()
  return {
    balancer,
    requests: load.requests(),
    outages: load.outages(),
    failures: [...load.failures, ...pages.failures],
    streams,
    gaps: pages.gaps.toSorted((a, b) => a - b),
  }
}
