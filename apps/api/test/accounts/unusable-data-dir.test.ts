import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { startServer } from '../helpers.js'
import { runServer } from '../processes.js'

let redis: PrivateRedis
let dir: string
beforeAll(async () => {
  redis = await startRedis()
  dir = await mkdtemp(join(tmpdir(), 'rollcall-unusable-'))
})
afterAll(async () => {
  await redis.stop()
  await rm(dir, { recursive: true })
})

test.each([
  ['it is a file', '', /^.* cannot be (?:used|written); see DATA_DIR \(DATA_DIR is no folder: .*EEXIST\)$/],
  ['mails', 'outbox', /^Mails cannot be written; see DATA_DIR \(DATA_DIR is no folder: .*outbox', EEXIST\)$/],
  ['its secret is a folder', 'secret/below', /^The secret of development cannot be used; see DATA_DIR \(.*EISDIR\)$/],
  ['its secret is empty', 'secret', /^The secret of development cannot be used; see DATA_DIR \(.*shorter than .*\)$/],
])('a start whose DATA_DIR cannot be used ends with one message: %s', async (name, file, message) => {
  const dataDir = join(dir, name.replaceAll(' ', '-'))
  const path = join(dataDir, file)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, '')
  const env = { DATA_DIR: dataDir, ...(file.startsWith('secret') && { BETTER_AUTH_SECRET: '' }) }
  const failure = await startServer({ redis, env }).then(
    async (server) => server.close().then(() => new Error('it started')),
    (error: unknown) => error as Error, // `rejects` would not show both name and message
  )
  expect(failure.message).toMatch(message)
  expect(failure.name).toBe('StartError')
})

test.runIf(process.platform === 'linux')('a DATA_DIR in which no folder can be made ends the start', async () => {
  await using server = await runServer({ DATA_DIR: '/proc/rollcall/data', REDIS_URL: redis.url })
  expect(server.url).toBeNull()
  expect(server.output()).toMatch(/^The database cannot be used; see DATA_DIR \(.*ENOENT.*\n$/)
})
