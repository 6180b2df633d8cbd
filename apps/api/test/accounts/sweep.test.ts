import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { type RawBuilder, sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { startSweep } from '../../src/accounts/activity/sweep.js'
import { createLog } from '../../src/log.js'
import { signUpDevice, startServer } from '../helpers.js'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

test('links that nobody followed and devices that nobody returned from are deleted, and no others', async () => {
  await using redis = await startRedis()
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-sweep-'))
  const env = { DATA_DIR: folder }
  await using one = await startServer({ redis, env })
  const { kysely, type } = one.database()
  const ago = (ms: number): RawBuilder<unknown> => {
    const date = new Date(Date.now() - ms)
    return sql`${type === 'sqlite' ? date.toISOString() : date}`
  }
  const [ada, bob] = [await signUpDevice(one), await signUpDevice(one)]
  const idOf = async ({ api }: typeof ada): Promise<string> => (await api.session.current.query()).user.id
  await sql`update device set "lastSeenAt" = ${ago(401 * DAY)} where "userId" = ${await idOf(ada)}`.execute(kysely)
  await sql`update device set "lastSeenAt" = ${ago(399 * DAY)} where "userId" = ${await idOf(bob)}`.execute(kysely)
  for (const [id, expiredFor] of [
    ['over', MINUTE],
    ['pending', -MINUTE],
  ] as const) {
    await sql`insert into verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
      values (${id}, ${id}, ${id}, ${ago(expiredFor)}, ${ago(DAY)}, ${ago(DAY)})`.execute(kysely)
  }
  await using _two = await startServer({ redis, env })
  const left = async () => {
    const { rows: devices } = await sql<{ userId: string }>`select "userId" from device`.execute(kysely)
    const { rows: links } = await sql<{ id: string }>`select id from verification`.execute(kysely)
    return { devices: devices.map(({ userId }) => userId), links: links.map(({ id }) => id) }
  }
  await expect.poll(left).toEqual({ devices: [await idOf(bob)], links: ['pending'] })
  await rm(folder, { recursive: true })
})

test('the sweep is repeated every five minutes, and a failure is logged and does not stop it', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const lines: string[] = []
    let sweeps = 0
    const sweep = startSweep(
      async () => {
        sweeps += 1
        if (sweeps === 2) throw new Error('The database is away')
      },
      createLog({ write: (line) => lines.push(line) }),
    )
    await vi.advanceTimersByTimeAsync(5 * MINUTE)
    expect(sweeps).toBe(2)
    await vi.advanceTimersByTimeAsync(5 * MINUTE)
    expect(sweeps).toBe(3)
    await sweep.close()
    await vi.advanceTimersByTimeAsync(5 * MINUTE)
    expect(sweeps).toBe(3)
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'Tidying up failed; it is repeated later',
    ])
  } finally {
    vi.useRealTimers()
  }
})
