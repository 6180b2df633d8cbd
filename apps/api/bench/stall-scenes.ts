import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@rollcall/dev-redis'
import { authCall, startApi, trpcCalls } from '@rollcall/dev-servers'
import { Redis } from 'ioredis'

const PASSWORD = 'correct horse battery staple'
const LOOPS_PER_CORE = 4

export interface Outcome {
  readonly answers: number
  /** How many of these answers were 503. */
  readonly unavailable: number
  /** Further connections that Redis accepted meanwhile: each replaces one that was closed. */
  readonly reconnects: number
}

/** A server on a Redis of its own, and someone who is signed in. */
export async function openScene() {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-stalls-'))
  const redis = await startRedis()
  const server = await startApi(dir, redis.url)
  const admin = new Redis(redis.url)
  const email = 'ada@example.org'
  const { cookie = '' } = await authCall(server, 'sign-up', { email, password: PASSWORD, name: 'Ada' })

  const ask = async (): Promise<number | null> =>
    (await trpcCalls(server, cookie, [{ kind: 'session.current' }]))[0]?.status ?? null
  const signIn = async (): Promise<number | null> =>
    (await authCall(server, 'sign-in', { email, password: PASSWORD })).status
  const connections = async (): Promise<number> =>
    Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1])

  /** Clients that ask one thing after another for as long as `work` takes, and some that sign in. */
  async function measureDuring(
    work: () => Promise<void>,
    { clients, signingIn = 0 }: { clients: number; signingIn?: number },
  ): Promise<Outcome> {
    const before = await connections()
    const over = new AbortController()
    let [answers, unavailable] = [0, 0]
    const loop = async (call: () => Promise<number | null>): Promise<void> => {
      while (!over.signal.aborted) {
        const status = await call()
        answers += 1
        if (status !== 200) unavailable += 1
      }
    }
    const callers = [
      ...Array.from({ length: clients }, () => loop(ask)),
      ...Array.from({ length: signingIn }, () => loop(signIn)),
    ]
    await work()
    over.abort()
    await Promise.all(callers)
    return { answers, unavailable, reconnects: (await connections()) - before }
  }

  return {
    server,
    measureDuring,
    /** Milliseconds until each of so many requests is answered 503, one after another, while Redis hangs. */
    whileHung: (requests: number) => whileHung(redis.pid, ask, requests),
    async [Symbol.asyncDispose]() {
      admin.disconnect()
      await server.kill()
      await redis.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function whileHung(pid: number, ask: () => Promise<number | null>, requests: number): Promise<number[]> {
  process.kill(pid, 'SIGSTOP')
  const took: number[] = []
  try {
    while (took.length < requests) {
      const began = performance.now()
      if ((await ask()) === 503) took.push(performance.now() - began)
    }
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  while ((await ask()) !== 200) await sleep(20)
  return took
}

/** Keeps every core busy for so many milliseconds. */
export async function busy(milliseconds: number): Promise<void> {
  const loops = Array.from({ length: LOOPS_PER_CORE * availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  await sleep(milliseconds)
  for (const loop of loops) loop.kill('SIGKILL')
}
