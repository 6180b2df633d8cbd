import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { RecordCache } from '../src/near-cache/record-cache.js'
import { LONG, startNear } from './near-cache-servers.js'

describe('memory is bounded', () => {
  const at = { createdAt: 1, lastSeenAt: 2, authenticatedAt: 3, idleDeadline: 4, absoluteDeadline: 5 }
  const record = {
    ...at,
    secretHash: 'h'.repeat(32),
    userId: 'ada',
    ipAddress: null,
    userAgent: 'a'.repeat(500),
    data: {},
  }

  test('by the bytes of the records; whoever was asked for longest ago makes room', () => {
    const cache = new RecordCache()
    for (let user = 0; user < 30_000; user += 1) {
      cache.beginRead(`user ${user}`, 'session')(record)
      expect(cache.get('user 0', 'session')).not.toBeNull()
    }
    const kept = Array.from({ length: 30_000 }, (_, user) => cache.get(`user ${user}`, 'session')).filter(
      (found) => found !== null,
    )
    expect(kept.length).toBeGreaterThan(15_000)
    expect(kept.length * 1_700).toBeLessThan(32 * 1024 * 1024)
    expect(cache.get('user 1', 'session')).toBeNull()
    expect(cache.get('user 29999', 'session')).toMatchObject(record)
  })

  test('nothing is kept of a token but the names in it', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const kept: string[] = []
    await using t = await startNear(LONG, { onEvent: (userTag) => kept.push(userTag) })
    const users = Array.from({ length: 50 }, (_, n) => `user ${n}`)
    const rotating = await Promise.all(users.map((user) => t.signIn(user)))
    const remembered = await Promise.all(users.map((user) => t.signIn(user)))
    await t.remembers(remembered[0]?.token ?? '')
    // In a header that is as long as none is, so that it shows.
    const fromHeader = (token: string): string => `${token}; ${'x'.repeat(1024 * 1024)}`.slice(0, token.length)
    collect()
    const before = process.memoryUsage().heapUsed
    for (const { token } of rotating) await t.near.rotate(fromHeader(token))
    for (const { token } of remembered) kept.push((await t.near.validate(fromHeader(token)))?.id ?? '')
    collect()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10 * 1024 * 1024)
    expect(kept.slice(-users.length)).toEqual(remembered.map(({ session }) => session.id))
    expect(kept).toHaveLength(4 * users.length)
  })

  test('and what is no session takes none', () => {
    const cache = new RecordCache()
    for (let n = 0; n < 10; n += 1) cache.beginRead('user', `session ${n}`)(null)
    expect(cache.get('user', 'session 1')).toBeNull()
    cache.beginRead('user', 'session')(record)
    cache.invalidate('user')
    cache.clear()
    expect(cache.bytes).toBe(0)
  })

  test('a record counts as long as it is here: once, with all of its texts', () => {
    const cache = new RecordCache()
    const add = (more: object = {}, session = 'session') => cache.beginRead('user', session)({ ...record, ...more })
    add()
    const size = cache.bytes
    add({ ipAddress: '203.0.113.9' })
    expect(cache.bytes).toBe(size + 2 * '203.0.113.9'.length)
    add({ data: { text: 'x'.repeat(1_000) } })
    expect(cache.bytes).toBe(size + 4 * JSON.stringify({ text: 'x'.repeat(1_000) }).length)
    add()
    add({}, 'another session')
    expect(cache.bytes).toBe(2 * size)

    cache.beginRead('user', 'session')(null) // it has ended, and the other one has not
    expect(cache.bytes).toBe(size)
    expect(cache.get('user', 'session')).toBeNull()
    expect(cache.get('user', 'another session')).not.toBeNull()

    const commit = cache.beginRead('user', 'session')
    cache.invalidate('user')
    commit(record) // it may have changed since it was read
    cache.invalidate('nobody')
    expect(cache.bytes).toBe(0)
  })
})
