import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRedis } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { databaseOf, SECRET, startServer } from './helpers.js'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** Resolves with the whole output once the process listens, or when it has ended. */
async function startOrEnd(child: ChildProcess): Promise<string> {
  let output = ''
  const ended = once(child, 'exit')
  const listening = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += String(chunk)
        if (output.includes('is listening on')) resolve()
      })
    }
  })
  await Promise.race([listening, ended])
  return output
}

test('servers that start at once on an empty database all start, as processes of their own', async () => {
  await using redis = await startRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-together-'))
  const env = { PATH: process.env['PATH'], PORT: '0', DATA_DIR: dataDir, REDIS_URL: redis.url, BETTER_AUTH_SECRET: SECRET, ...(await databaseOf(dataDir)) }
  const children = Array.from({ length: 3 }, () => spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] }))
  try {
    const outputs = await Promise.all(children.map(startOrEnd))
    for (const output of outputs) expect(output).toContain('is listening on')
  } finally {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null) return
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      }),
    )
    await rm(dataDir, { recursive: true, force: true })
  }
}, 60_000)

test('servers that start at once in one process all start', async () => {
  await using redis = await startRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-together-'))
  const starts = await Promise.allSettled(Array.from({ length: 3 }, () => startServer({ redis, env: { DATA_DIR: dataDir } })))
  for (const start of starts) if (start.status === 'fulfilled') await start.value.close()
  expect(starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []))).toEqual([])
  await rm(dataDir, { recursive: true, force: true })
})
