import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, POLL_MS } from './life.js'
import type { PrivateRedis } from './redis.js'

/** Servers that find each other need ports. These lie below those that a system gives to outgoing connections. */
const FIRST_PORT = 16_000
const LAST_PORT = 32_000
/** Each process looks in a part of its own, so that two that start at once do not choose the same. */
const PART = 64
/** Milliseconds for several servers to agree, on a machine that is busy. */
const AGREE_DEADLINE_MS = 30_000

/** One server of several, on 127.0.0.1. */
export interface PrivateNode {
  readonly port: number
  /** `restart()` keeps port and folder. */
  readonly server: PrivateRedis
}

let nextPort = FIRST_PORT + ((process.pid * PART) % (LAST_PORT - FIRST_PORT))

/** Ports that nothing listens on, and that this process has not been given before. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = nextPort
    nextPort = port + 1 < LAST_PORT ? port + 1 : FIRST_PORT
    const holder = createServer().listen(port, '127.0.0.1')
    const isFree = await once(holder, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    ports.push(port)
    await new Promise((closed) => holder.close(closed))
  }
  return ports
}

/** A port that nothing listens on, for a program that cannot choose one itself. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('There is one port')
  return port
}

/** Sends a command again until its reply matches. */
export async function retryUntilReply(
  { server }: PrivateNode,
  command: string,
  reply: RegExp,
): Promise<RegExpExecArray> {
  const deadline = Date.now() + AGREE_DEADLINE_MS
  for (;;) {
    const said = (await ask(server.url, command, AGREE_DEADLINE_MS)) ?? ''
    const match = reply.exec(said)
    if (match) return match
    if (Date.now() > deadline)
      throw new Error(`Not within ${AGREE_DEADLINE_MS} ms: ${reply} to ${command}. Last reply: ${said}`)
    await sleep(POLL_MS)
  }
}

/** Starts all, or stops those that did start. */
export async function startAll<T extends { readonly server: PrivateRedis }>(
  starts: readonly Promise<T>[],
): Promise<T[]> {
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
