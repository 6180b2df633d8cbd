import type * as Files from 'node:fs/promises'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ensureDevelopmentSecret } from '../../src/accounts/secret.js'

/** Done once, right after this process has written its own secret beside the file that all of them share. */
let meanwhile: (() => Promise<void>) | undefined
vi.mock('node:fs/promises', async (original) => {
  const files = await original<typeof Files>()
  const writeThenWork: typeof files.writeFile = async (...args) => {
    await files.writeFile(...args)
    const work = meanwhile
    meanwhile = undefined
    await work?.()
  }
  return { ...files, writeFile: writeThenWork }
})

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rollcall-secret-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

test('a server that makes the secret at the same moment, and is faster, decides it for all', async () => {
  const file = join(dataDir, 'secret')
  meanwhile = () => writeFile(file, 'the secret of a server that was faster', { mode: 0o600 })
  expect(await ensureDevelopmentSecret(dataDir)).toBe('the secret of a server that was faster')
  expect(await readFile(file, 'utf8')).toBe('the secret of a server that was faster')
  expect(await ensureDevelopmentSecret(dataDir)).toBe('the secret of a server that was faster')
})

test('calls of one process get one secret, which only its owner can read, and leave nothing else behind', async () => {
  const below = join(dataDir, 'data')
  const secrets = await Promise.all(Array.from({ length: 5 }, () => ensureDevelopmentSecret(below)))
  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]).toMatch(/^[\w-]{43}$/)
  expect(await ensureDevelopmentSecret(below)).toBe(secrets[0])
  expect((await stat(join(below, 'secret'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(below, 'secret'), 'utf8')).toBe(secrets[0])
  expect(await readdir(below)).toEqual(['secret'])
})
