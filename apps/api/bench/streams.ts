// A thousand open pages on one server process, over real connections: the memory of a page, and the time until all of them are
// notified. Prints both: npm run measure:streams
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startRedis } from '@rollcall/dev-redis'
import { createSessionStore, redisOptions } from '@rollcall/session-store'
import { COOKIE, signed, startApi } from '@rollcall/dev-servers'
import { Redis } from 'ioredis'
import { addUsers } from './add-users.js'
import { openStream, type Stream } from './open-stream.js'

const STREAMS = 1_000

const dir = await mkdtemp(join(tmpdir(), 'rollcall-streams-'))
const privateRedis = await startRedis()
const redis = new Redis(privateRedis.url, { ...redisOptions, commandTimeout: 5_000 }) // a thousand changes at once queue up here
await once(redis, 'ready')
const store = createSessionStore({ redis })

try {
  // As many devices and streams as one person may have: every page shows a hundred devices, and each is notified of each.
  await measure(
    '10 people, 100 devices each with a stream',
    100,
    (n) => `person ${n % 10}`,
    (sessions) => {
      const first = [...new Map(sessions.map(({ session }) => [session.userId, session])).values()]
      return [
        [
          'one device of each acts',
          () => Promise.all(first.map((session) => store.touch({ ...session, lastSeenAt: new Date(0) }))),
        ],
        [
          'each logs out everywhere',
          () => Promise.all(first.map(({ userId, id }) => store.revokeAll(userId, { by: id }))),
        ],
      ]
    },
  )

  await measure(
    '1,000 people, each with one device and a stream',
    1,
    (n) => `somebody ${n}`,
    (sessions) => [
      [
        'each signs in elsewhere',
        () => Promise.all(sessions.map(({ session }) => store.create({ userId: session.userId }))),
      ],
      ['each is revoked', () => Promise.all(sessions.map(({ session }) => store.revoke(session.userId, session.id)))],
    ],
  )
} finally {
  redis.disconnect()
  await privateRedis.stop()
  await rm(dir, { recursive: true })
}

type SignedIn = NonNullable<Awaited<ReturnType<typeof store.create>>>

async function measure(
  title: string,
  shown: number,
  userOf: (n: number) => string,
  changes: (sessions: readonly SignedIn[]) => readonly [name: string, change: () => Promise<unknown>][],
): Promise<void> {
  const server = await startApi(dir, privateRedis.url)
  try {
    await addUsers(
      dir,
      Array.from({ length: STREAMS }, (_, n) => userOf(n)),
    )
    const sessions: SignedIn[] = []
    const earlier = Date.now() - 120_000 // so that activity is due
    const past = createSessionStore({ redis, clock: () => earlier })
    for (let n = 0; n < STREAMS; n += 1) {
      const created = await past.create({
        userId: userOf(n),
        userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0.0.0',
      })
      if (created !== null) sessions.push(created)
    }
    const cookies = sessions.map(({ token }) => `${COOKIE}=${signed(token)}`)

    // Once before, so that what a server needs once is not counted.
    const first = await openAll(server.url, cookies.slice(0, 50))
    for (const stream of first) stream.close()
    await pause(2_000)
    const before = server.memory()
    const opening = performance.now()
    const streams = await openAll(server.url, cookies)
    const opened = performance.now() - opening
    await pause(3_000)
    const perStream = (server.memory() - before) / streams.length

    console.log(`\n${title}: ${streams.length} streams, each of which shows ${shown}`)
    console.log(`  open and shown the list  ${opened.toFixed(0)} ms for all`)
    console.log(`  resident memory          ${(perStream / 1024).toFixed(1)} KiB per stream`)
    for (const [name, change] of changes(sessions)) {
      const received = streams.map((stream) => stream.next())
      const began = performance.now()
      const [times] = await Promise.all([Promise.all(received.map(async (one) => (await one) - began)), change()])
      const sorted = times.toSorted((a, b) => a - b)
      const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]?.toFixed(0)
      console.log(
        `  ${name.padEnd(24)} half have received after ${at(0.5)} ms, 99 % after ${at(0.99)} ms, all after ${at(1)} ms`,
      )
    }
    for (const stream of streams) stream.close()
  } finally {
    await server.kill()
  }
}

/** Fifty at a time, as they would come after a restart at the most. */
async function openAll(url: string, cookies: readonly string[]): Promise<Stream[]> {
  const streams: Stream[] = []
  for (let n = 0; n < cookies.length; n += 50)
    streams.push(...(await Promise.all(cookies.slice(n, n + 50).map((cookie) => openStream(url, cookie)))))
  return streams
}
