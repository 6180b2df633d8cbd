import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, POLL } from './life.js'
import type { PrivateRedis } from './redis.js'

/** Servers that find each other need ports. These lie below those that a system gives to outgoing connections. */
const FIRST_PORT = 16_000
const LAST_PORT = 32_000
/** Milliseconds for several servers to agree, on a machine that is busy. */
const AGREE_DEADLINE = 30_000

/** One server of several, on 127.0.0.1. */
export interface PrivateNode {
  readonly port: number
  /** `restart()` keeps port and folder. */
  readonly server: PrivateRedis
}

/** Ports that nothing listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const holders = []
  while (holders.length < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT))
    const holder = createServer().listen(port, '127.0.0.1')
    const free = await once(holder, 'listening').then(
      () => true,
      () => false,
    )
    if (free) holders.push({ port, holder })
  }
  for (const { holder } of holders) await new Promise((closed) => holder.close(closed))
  return holders.map(({ port }) => port)
}

/** Sends a command again until its reply matches. */
export async function agree({ server }: PrivateNode, command: string, reply: RegExp): Promise<RegExpExecArray> {
  const deadline = Date.now() + AGREE_DEADLINE
  for (;;) {
    const said = (await ask(server.url, command, AGREE_DEADLINE)) ?? ''
    const match = reply.exec(said)
    if (match) return match
    if (Date.now() > deadline) throw new Error(`Not within ${AGREE_DEADLINE} ms: ${reply} to ${command}. Last reply: ${said}`)
    await sleep(POLL)
  }
}

/** Starts all, or stops those that did start. */
export async function startAll<T extends { readonly server: PrivateRedis }>(starts: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(starts)
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failure = results.find((result) => result.status === 'rejected')
  if (failure === undefined) return started
  await stopAll(started)
  throw failure.reason
}

export async function stopAll(nodes: readonly { readonly server: PrivateRedis }[]): Promise<void> {
  await Promise.all(nodes.map(async ({ server }) => server.stop()))
}
