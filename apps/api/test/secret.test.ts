import type * as Files from 'node:fs/promises'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { developmentSecret } from '../src/secret.js'

/** Done once, right after this process has written its own secret beside the file that all of them share. */
let meanwhile: (() => Promise<void>) | undefined
vi.mock('node:fs/promises', async (original) => {
  const files = await original<typeof Files>()
  const written: typeof files.writeFile = async (...args) => {
    await files.writeFile(...args)
    const work = meanwhile
    meanwhile = undefined
    await work?.()
  }
  return { ...files, writeFile: written }
})

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rollcall-secret-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

test('a server that makes the secret at the same moment, and is faster, decides it for all', async () => {
  const file = join(dataDir, 'secret')
  meanwhile = () => writeFile(file, 'the secret of a server that was faster', { mode: 0o600 })
  expect(await developmentSecret(dataDir)).toBe('the secret of a server that was faster')
  expect(await readFile(file, 'utf8')).toBe('the secret of a server that was faster')
  expect(await developmentSecret(dataDir)).toBe('the secret of a server that was faster')
})

test('nothing of a server that was slower stays, and the file is its owner’s alone', async () => {
  const made = await developmentSecret(dataDir)
  expect((await stat(join(dataDir, 'secret'))).mode & 0o777).toBe(0o600)
  const { readdir } = await import('node:fs/promises')
  expect(await readdir(dataDir)).toEqual(['secret'])
  expect(made).toMatch(/^[\w-]{43}$/)
})
