import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  checkRedis,
  createSessionChanges,
  createSessionEvents,
  createSessionStore,
  defaultTimeouts,
} from '../src/index.js'
import { offsets } from '../src/record/record.js'
import { userTagOf } from '../src/record/token.js'
import { startStore } from './helpers.js'
import { eventually } from './retry.js'

// docs/architecture.md prints the layout as Redis commands; here they are run.

const document = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8')

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.redis.flushall())

test('the commands of the document give the replies of the document', async () => {
  const { session } = await t.signIn('ada', { userAgent: 'Firefox' })
  await t.signIn('ada')
  const stored = await t.redis.hgetBuffer(`user:{${userTagOf('ada')}}:sessions`, session.id)
  const details = '\u0004\u0000\u0008adaFirefox'
  expect(stored?.subarray(offsets.details).toString()).toBe(details)

  const known: Record<string, string> = {
    '<tag>': userTagOf('ada'),
    '<id>': session.id,
    '<63 bytes and the details>': String(offsets.details + details.length),
  }
  const filled = (text: string) => text.replaceAll(/<[^>]+>/g, (name) => known[name] ?? name)
  const block = /```redis\n(.*?)```/s.exec(document)?.[1] ?? ''
  const exchanges = [...block.matchAll(/^> (.+)\n(.+)$/gm)]
  expect(exchanges.length).toBeGreaterThan(5)
  for (const [, command = '', reply = ''] of exchanges) {
    const [name = '', ...args] = filled(command).split(' ')
    expect(String(await t.redis.call(name, ...args)), command).toBe(filled(reply))
  }
})

test('the document knows the offsets of a record', () => {
  const rows = [...document.matchAll(/^\| (\d+)(?:–\d*)? \|/gm)].map(([, from]) => Number(from))
  expect(rows).toEqual([0, ...Object.values(offsets)])
})

describe('the cost of each operation, as Redis counts it', () => {
  const rows = [...document.matchAll(/^\| (\w+) \| ((?:`\w+` ?)+) \|$/gm)].map(
    ([, operation = '', commands = '']) => [operation, commands.match(/\w+/g) ?? []] as const,
  )

  const run: Record<string, (signed: Awaited<ReturnType<typeof t.signIn>>) => Promise<unknown>> = {
    time: () => t.store.time(),
    validate: ({ token }) => t.store.validate(token),
    touch: ({ session }) => t.store.touch(session),
    list: () => t.store.list('ada'),
    count: () => t.store.count('ada'),
    revoke: ({ session }) => t.store.revoke('ada', session.id),
    revokeMany: ({ session }) => t.store.revokeMany('ada', [session.id]),
    create: () => t.store.create({ userId: 'ada' }),
    update: ({ token }) => t.store.update(token, { a: 1 }),
    rotate: ({ token }) => t.store.rotate(token),
    revokeOthers: ({ token }) => t.store.revokeOthers(token),
    revokeAll: () => t.store.revokeAll('ada'),
  }

  test('the table names every method', () => {
    expect(rows.map(([operation]) => operation).toSorted()).toEqual(Object.keys(run).toSorted())
    expect(Object.keys(run).toSorted()).toEqual(
      Object.keys(t.store)
        .filter((name) => !['timeouts', 'clock', 'onRevoked'].includes(name))
        .toSorted(),
    )
  })

  test.each(rows)('%s', async (operation, commands) => {
    const signed = await t.signIn()
    for (let others = 0; others < 20; others += 1) await t.signIn() // makes no difference
    t.clock.now += defaultTimeouts.touchInterval
    const [key = ''] = await t.redis.keys('*')
    await t.redis.pexpire(key, 2 * defaultTimeouts.idle) // long enough that nothing is added
    const { eval: firstUse = 0, ...counted } = await t.commandsOf(async () => run[operation]?.(signed))
    if (firstUse > 0) counted['evalsha'] = firstUse // the source instead of its digest
    const expected: Record<string, number> = {}
    for (const name of commands) expected[name] = (expected[name] ?? 0) + 1
    expect(counted).toEqual(expected)
  })

  test('what needs no answer from Redis asks nothing', async () => {
    const { session } = await t.signIn()
    t.clock.now += defaultTimeouts.touchInterval - 1
    expect(await t.commandsOf(() => t.store.touch(session))).toEqual({})
    expect(await t.commandsOf(() => t.store.validate('garbled'))).toEqual({})
  })

  test('a listener lists the sessions of nobody who signs in below the cap, or signs out one device', async () => {
    const [first, second] = [await t.signIn('ada'), await t.signIn('ada')]
    const stop = t.store.onRevoked(() => undefined)
    const commands = await t.commandsOf(async () => {
      await t.signIn('ada')
      await t.store.revoke('ada', first.session.id)
    })
    expect(commands).toMatchObject({ hlen: expect.any(Number) as number })
    expect(commands).not.toHaveProperty('hgetall')
    expect(await t.commandsOf(() => t.store.revokeOthers(second.token))).toMatchObject({ hgetall: 1 })
    stop()
  })
})

test('the access list of the document is enough for everything', async () => {
  const [, rules = ''] = /```redis-acl\n(.+)\n/.exec(document) ?? []
  await t.redis.acl('SETUSER', 'rollcall', 'nopass', ...rules.split(' '))
  const redis = t.redis.duplicate({ username: 'rollcall', password: 'any' })
  await redis.connect()
  await checkRedis(redis)
  const events = createSessionEvents({ redis })
  const changes = createSessionChanges({ redis })
  const kinds: string[] = []
  const stop = changes.watch('ada', ({ kind }) => kinds.push(kind))
  await eventually('changes are received', () => kinds.length > 0)

  const store = createSessionStore({ redis, maxSessionsPerUser: 1_000, nearCache: {}, onEvent: () => undefined })
  const created = await Promise.all(Array.from({ length: 600 }, () => store.create({ userId: 'ada' })))
  const [first] = created
  if (!first) throw new Error('The sign-in was refused')
  const { token, session } = first
  await Promise.all(created.slice(0, 2).map((one) => store.validate(one?.token ?? '')))
  await store.touch({ ...session, lastSeenAt: new Date(0) })
  await store.update(token, { a: 1 })
  await eventually(
    'the session is remembered',
    async () => (await t.commandsOf(() => store.validate(token)))['hget'] === undefined,
  )
  expect(await store.revokeOthers(token)).toBe(599)
  await events.append('ada', { name: 'noted' })
  await events.expireSessions('ada')
  expect(await events.acquireSweepLease(1_000)).toBe(true)
  expect(await events.renewSweepLease(1_000)).toBe(true)
  for await (const userTag of events.pendingUsers()) {
    const { events: some } = await events.read(userTag)
    await events.acknowledge(
      userTag,
      some.map(({ id }) => id),
    )
  }
  expect((await store.rotate(token, { credentialChange: true }))?.revoked).toBe(0)
  expect(await store.revokeAll('ada', { credentialChange: true })).toBe(1)
  expect(await store.list('ada')).toEqual([])
  stop()
  changes.close()
  redis.disconnect()
})
