import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSessionEvents, type SessionEvents } from '../src/index.js'
import { userTagOf } from '../src/record/token.js'
import { startStore } from './helpers.js'

let t: Awaited<ReturnType<typeof startStore>>
let events: SessionEvents
const warned: unknown[] = []
beforeEach(async () => {
  warned.splice(0)
  t = await startStore({ onEvent: () => undefined })
  events = createSessionEvents({ redis: t.redis, warn: (...what) => warned.push(what) })
})
afterEach(() => t[Symbol.asyncDispose]())

const ada = userTagOf('ada')
const waiting = `user:{${ada}}:waiting`
const write = (event: object, id: string) => t.redis.hset(waiting, id, JSON.stringify(event))

/** A session as the script writes it into an event. */
async function readWrittenSession(): Promise<{ id: string; details: string }> {
  const { session } = await t.signIn('bob', { userAgent: 'Firefox' })
  const [event = ''] = await t.redis.hvals(`user:{${userTagOf('bob')}}:waiting`)
  const { session: written } = JSON.parse(event) as Record<string, object> // of the script
  expect(written).toMatchObject({ id: session.id })
  return written as { id: string; details: string } // as architecture.md has it
}

describe('reading', () => {
  test('an event that lacks a part: it is reported, and stays', async () => {
    const session = await readWrittenSession()
    const broken = [
      { kind: 'created' },
      { kind: 'created', session: { ...session, id: 7 } },
      { kind: 'created', session: { ...session, details: 7 } },
      { kind: 'created', session: { ...session, details: '' } },
      { kind: 'ended', session },
      { kind: 'ended', cause: 'revoke' },
      { kind: 'noted', by: session },
      { kind: 'noted', name: 'by nobody' },
      { kind: 'of a later version', session, by: session, cause: 'revoke', name: 'each part' },
    ]
    const ids = broken.map((_, n) => `00000000000500${n}-000000`)
    await Promise.all(broken.map((event, n) => write(event, ids[n] ?? '')))
    expect(await events.read(ada)).toEqual({ events: [], last: null })
    expect(warned).toEqual(ids.map((id) => ['An event of sessions cannot be read', { key: waiting, id }]))
    expect(await t.redis.hlen(waiting)).toBe(broken.length)
  })

  test('an event of an operation: with its reason, if it has one that can be read', async () => {
    const session = await readWrittenSession()
    const operation = { id: 'the operation', reason: 'a leak' }
    const ended = { kind: 'ended', cause: 'operator', session }
    for (const [n, one] of [operation, { id: 'the operation' }, { ...operation, id: 7 }, null].entries())
      await write({ ...ended, operation: one }, `00000000000500${n}-000000`)
    const { events: found } = await events.read(ada)
    expect(found.map((event) => ('operation' in event ? event.operation : 'none'))).toEqual([
      operation,
      'none',
      'none',
      'none',
    ])
  })

  test('the time is that of its id, or that which it names', async () => {
    const event = { kind: 'noted', name: 'any', by: await readWrittenSession() }
    await write(event, '000000000005000-000007')
    await write({ ...event, at: 4_000 }, '000000000006000-000000')
    await write({ ...event, at: 'never' }, '000000000007000-000000')
    await write(event, 'no time')
    const { events: found } = await events.read(ada)
    expect(found).toMatchObject([
      { id: '000000000005000-000007', at: new Date(5_000) },
      { id: '000000000006000-000000', at: new Date(4_000) },
    ])
    expect(warned).toHaveLength(2)
  })

  test('an event of the application that no session caused', async () => {
    await events.append('ada', { name: 'any' })
    const { events: found } = await events.read(ada)
    expect(found).toMatchObject([{ kind: 'noted', name: 'any', by: { id: '' } }])
  })
})

test('to acknowledge nothing asks Redis for nothing', async () => {
  await t.redis.ping()
  expect(await t.commandsOf(() => events.acknowledge(ada, []))).toEqual({})
})

test('every user with events is found, beyond one step of the scan', async () => {
  const tags = Array.from({ length: 3_000 }, (_, n) => userTagOf(`user ${n}`))
  const pipeline = t.redis.pipeline()
  for (const tag of tags) pipeline.hset(`user:{${tag}}:waiting`, 'any', '{}')
  await pipeline.exec()
  const found = new Set<string>()
  for await (const tag of events.pendingUsers()) found.add(tag)
  expect(found).toEqual(new Set(tags))
})

test('of all servers, one sweeps in an interval, unless an operation asks for a sweep', async () => {
  const other = createSessionEvents({ redis: t.redis })
  expect(await events.acquireSweepLease(60_000)).toBe(true)
  expect(await other.acquireSweepLease(60_000)).toBe(false)
  expect(await t.redis.pttl('user:sweep')).toBeLessThanOrEqual(60_000)
  expect(await events.renewSweepLease(600_000)).toBe(true)
  expect(await t.redis.pttl('user:sweep')).toBeGreaterThan(60_000)
  await t.redis.del('user:sweep') // as an operation does
  expect(await events.renewSweepLease(60_000)).toBe(false)
  expect(await other.acquireSweepLease(60_000)).toBe(true)
})
