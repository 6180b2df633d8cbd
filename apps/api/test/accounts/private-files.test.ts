import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { signUpDevice, startServer } from '../helpers.js'

/** The permissions of every file and folder below a folder. */
async function modesBelow(folder: string): Promise<Record<string, string>> {
  const entries = (await readdir(folder, { recursive: true })).toSorted()
  return Object.fromEntries(
    await Promise.all(
      entries.map(async (name) => [name, ((await stat(join(folder, name))).mode & 0o777).toString(8)] as const),
    ),
  )
}

test('only the owner of the process reads its files, in an open folder, under an open umask, and after an update', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-private-'))
  const umask = process.umask(0)
  try {
    await chmod(dataDir, 0o755)
    // As an earlier version, or a copy by hand, may have left them.
    await mkdir(join(dataDir, 'outbox'), { mode: 0o755 })
    for (const name of ['secret', 'rollcall.sqlite', 'outbox/old.eml']) {
      await writeFile(join(dataDir, name), name === 'secret' ? 'v'.repeat(43) : '', { mode: 0o644 })
    }
    await using server = await startServer({ env: { DATA_DIR: dataDir, BETTER_AUTH_SECRET: '' } })
    const { email } = await signUpDevice(server)
    expect((await server.browser().post('/api/auth/request-password-reset', { email })).status).toBe(200)
    const mails = async () => (await readdir(join(dataDir, 'outbox'))).filter((name) => name.endsWith('.eml'))
    await expect.poll(mails).toHaveLength(2)

    const modes = await modesBelow(dataDir)
    expect(Object.keys(modes)).toEqual(
      expect.arrayContaining(['outbox/old.eml', 'rollcall.sqlite', 'rollcall.sqlite-wal', 'secret']),
    )
    const folders = new Set(['outbox'])
    expect(Object.entries(modes).filter(([name, mode]) => !folders.has(name) && mode !== '600')).toEqual([])
  } finally {
    process.umask(umask)
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('folders that the server makes are closed to everybody else', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'rollcall-private-'))
  const umask = process.umask(0)
  try {
    await using server = await startServer({ env: { DATA_DIR: join(parent, 'made'), BETTER_AUTH_SECRET: '' } })
    const { email } = await signUpDevice(server)
    await server.browser().post('/api/auth/request-password-reset', { email })
    await vi.waitFor(
      async () =>
        expect(await modesBelow(parent)).toMatchObject({ made: '700', 'made/outbox': '700', 'made/secret': '600' }),
      { timeout: 30_000 },
    )
  } finally {
    process.umask(umask)
    await rm(parent, { recursive: true, force: true })
  }
})
