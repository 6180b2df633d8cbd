import { getEventListeners } from 'node:events'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/accounts/database/database.js'
import { type Charge, createLimits, type Limits } from '../../src/limits/limits.js'
import { Mailbox } from '../../src/limits/mailbox.js'
import { createLog } from '../../src/log.js'
import { type DeliveryAttempt, deliver, type Outcome } from '../../src/mail/attempt.js'
import { type MailQueue, openMailQueue } from '../../src/mail/queue.js'
import { SECRET } from '../helpers.js'
import { temporaryFolder } from '../temporary-folder.js'

// A claimed mail that waits for a place on its limits.

const FIRST = ['account-notice:first', 'ada@example.org'] as const
const SHARED = ['account-notice:mailbox', new Mailbox('ada@example.org')] as const

let redis: PrivateRedis
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let client: Redis
let database: Database
let queue: MailQueue
let limits: Limits
beforeAll(async () => {
  redis = await startRedis()
  folder = await temporaryFolder('attempt')
  client = new Redis(redis.url)
  limits = createLimits(client, [SECRET])
  database = openDatabase({ url: undefined, dataDir: folder.path })
  queue = await openMailQueue(database)
})
afterAll(async () => {
  client.disconnect()
  await database.close()
  await Promise.all([folder[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()])
})
beforeEach(async () => {
  await Promise.all([client.flushall(), sql`delete from mail`.execute(database.kysely)])
})
afterEach(() => vi.restoreAllMocks())

const waiting = async (): Promise<number> => (await queue.status()).waiting

/** Tries to send a mail, and shows what it is counted on meanwhile. */
async function startAttempt(
  sent: () => void,
  options: Partial<DeliveryAttempt> = {},
): Promise<{ outcome: Promise<Outcome>; counting: Set<unknown> }> {
  await queue.add({ key: 'a', kind: 'notice', payload: '' })
  const [mail] = await queue.claim(1)
  if (mail === undefined) throw new Error('There is no mail')
  const counting = new Set<unknown>()
  const observed: Limits = {
    ...limits,
    async within(...work) {
      const count = limits.within(...work)
      counting.add(count)
      return count.finally(() => counting.delete(count))
    },
  }
  const kind = {
    maxAgeMs: 60_000,
    compose: async () => ({ to: 'ada@example.org', message: { subject: '', text: '', html: '' } }),
    charges: () => ({ first: FIRST, shared: [SHARED] }),
  }
  const never = new AbortController().signal
  const outcome = deliver(mail, {
    kinds: new Map([['notice', kind]]),
    send: async (_to, _message, signal) => {
      signal.throwIfAborted()
      sent()
    },
    log: createLog({ write: () => undefined }),
    limits: observed,
    queue,
    closing: never,
    abandoned: never,
    ...options,
  })
  return { outcome, counting }
}

/** Takes places on a limit, as attempts that are under way do, until the function that it returns is called. */
async function hold(charge: Charge, places: number): Promise<() => Promise<void>> {
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  let held = 0
  const work = async (): Promise<void> => {
    held += 1
    await ended
  }
  const attempts = Array.from({ length: places }, () => limits.within([charge], work, () => 'void'))
  await expect.poll(() => held).toBe(places)
  return async () => {
    end()
    await Promise.all(attempts)
  }
}

test('a mail whose time passes while it waits is not sent: another server may have claimed it', async () => {
  const times: AbortController[] = []
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const time = new AbortController()
    times.push(time)
    return time.signal
  })
  const release = await hold(FIRST, 1)
  const sent = vi.fn()
  const { outcome, counting } = await startAttempt(sent)
  await expect.poll(() => counting.size).toBe(1)
  for (const time of times) time.abort()
  await release()
  expect(await outcome).toBe('not sent')
  expect(sent).not.toHaveBeenCalled()
  expect(await waiting()).toBe(1)
})

test('a mail that was sent leaves the queue, even if it cannot be counted yet', async () => {
  const release = await hold(SHARED, 5)
  const { outcome, counting } = await startAttempt(() => undefined)
  expect(await outcome).toBe('sent')
  expect(counting.size).toBe(1)
  expect(await waiting()).toBe(0)
  await release()
  await expect.poll(() => counting.size).toBe(0)
})

test('a sent mail that cannot be taken out of the queue is left after four attempts, and nothing waits any more', async () => {
  const { signal: closing } = new AbortController()
  let failures = 0
  const { outcome } = await startAttempt(() => undefined, {
    closing,
    queue: {
      ...queue,
      async remove() {
        failures += 1
        throw new Error('The database is away')
      },
    },
  })
  for (let attempt = 1; attempt < 4; attempt += 1) {
    await expect.poll(() => [failures, getEventListeners(closing, 'abort').length]).toEqual([attempt, 1]) // it pauses
    closing.dispatchEvent(new Event('abort')) // ends this pause alone
  }
  await expect.poll(() => failures).toBe(4)
  expect(getEventListeners(closing, 'abort')).toEqual([])
  expect(await outcome).toBe('sent')
})
