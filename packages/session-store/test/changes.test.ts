import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSessionChanges, defaultTimeouts, type SessionChange, type SessionChanges } from '../src/index.js'
import { happens, startStore } from './helpers.js'
import { eventually } from './retry.js'
import { channelOf, subscribersAre, watchChanges, watchLive } from './watching.js'

let t: Awaited<ReturnType<typeof startStore>>
let changes: SessionChanges
beforeEach(async () => {
  t = await startStore({ maxSessionsPerUser: 3 })
  changes = createSessionChanges({ redis: t.redis })
})
afterEach(async () => {
  changes.close()
  await t[Symbol.asyncDispose]()
})

const watch = (userId = 'ada') => watchChanges(changes, userId)
const live = (userId = 'ada') => watchLive(changes, userId)
const listeners = async (): Promise<unknown> => t.redis.call('PUBSUB', 'NUMSUB', channelOf('ada'))
const subscribers = (count: number) => subscribersAre(t.redis, count, channelOf('ada'))

const by = (id: string, userAgent: string | null = null) => ({ id, ipAddress: null, userAgent, data: {} })

describe('every change is published', () => {
  test('a sign-in, a touch, changed data, a new secret', async () => {
    const { next, received } = await live()
    const { session, token } = await t.signIn()
    t.clock.now += defaultTimeouts.touchInterval
    await t.store.touch(session)
    await t.store.touch(session) // not due
    await t.store.update(session, { name: 'phone' })
    await t.store.rotate(token)
    expect(await next(4)).toEqual(['created', 'seen', 'updated', 'rotated'].map((kind) => ({ kind, id: session.id })))
    expect(received).toEqual([])
  })

  test('a revocation, with the session that asked for it', async () => {
    const [a, b] = [
      await t.signIn('ada', { userAgent: 'Firefox', ipAddress: '203.0.113.9', data: { x: 1 } }),
      await t.signIn(),
    ]
    const { next, received } = await live()
    expect(await t.store.revoke('ada', b.session.id, { by: a.session.id })).toBe(1)
    expect(await t.store.revoke('ada', b.session.id, { by: a.session.id })).toBe(0)
    expect(await t.store.revoke('ada', a.session.id)).toBe(1)
    const who = { id: a.session.id, ipAddress: '203.0.113.9', userAgent: 'Firefox', data: { x: 1 } }
    expect(await next(2)).toEqual([
      { kind: 'ended', cause: 'revoke', ids: [b.session.id], by: who },
      { kind: 'ended', cause: 'revoke', ids: [a.session.id], by: null },
    ])
    expect(received).toEqual([])
  })

  test('a revocation of many is one message, with those that were still there', async () => {
    const [a, b, c] = [await t.signIn('ada', { userAgent: 'Firefox' }), await t.signIn(), await t.signIn()]
    await t.store.revoke('ada', c.session.id)
    const { next, received } = await live()
    const ids = [b, c].map(({ session }) => session.id)
    expect(await t.store.revokeMany('ada', [...ids, a.session.id], { by: a.session.id })).toBe(2)
    expect(await next(1)).toEqual([
      { kind: 'ended', cause: 'revoke', ids: [b.session.id, a.session.id], by: by(a.session.id, 'Firefox') },
    ])
    expect(received).toEqual([])
  })

  test('the others, and all, its own among them', async () => {
    const a = await t.signIn('ada', { userAgent: 'Firefox' })
    await t.signIn()
    const { next } = await live()
    await t.store.revokeOthers(a.token)
    await t.store.revokeOthers(a.token) // revokes none: no message
    await t.store.revokeAll('ada', { by: a.session.id })
    await t.store.revokeAll('ada')
    const c = await t.signIn()
    expect(await next(3)).toEqual([
      { kind: 'ended', cause: 'revoke-others', allBut: a.session.id, by: by(a.session.id, 'Firefox') },
      { kind: 'ended', cause: 'revoke-all', allBut: null, by: by(a.session.id, 'Firefox') },
      { kind: 'created', id: c.session.id },
    ])
  })

  test('a credential change, by a session or by none', async () => {
    const a = await t.signIn()
    await t.signIn()
    const { next } = await live()
    await t.store.rotate(a.token, { credentialChange: true })
    await t.store.revokeAll('ada', { credentialChange: true })
    expect(await next(3)).toEqual([
      { kind: 'rotated', id: a.session.id },
      { kind: 'ended', cause: 'credential-change', allBut: a.session.id, by: by(a.session.id) },
      { kind: 'ended', cause: 'credential-change', allBut: null, by: null },
    ])
  })

  test('the session that made room for another', async () => {
    const first = await t.signIn()
    t.clock.now += 1
    for (let n = 0; n < 2; n += 1) await t.signIn()
    const { next } = await live()
    const fourth = await t.signIn('ada', { userAgent: 'Firefox' })
    expect(await next(2)).toEqual([
      { kind: 'ended', cause: 'cap', ids: [first.session.id], by: by(fourth.session.id, 'Firefox') },
      { kind: 'created', id: fourth.session.id },
    ])
  })

  test('and nothing of another user, nor a secret', async () => {
    const messages: string[] = []
    const ear = new Redis(t.server.url)
    ear.on('pmessage', (_pattern, _channel, message) => messages.push(message))
    await ear.psubscribe('*')
    const bob = await live('bob')
    const { token, session } = await t.signIn('ada', { data: { a: 1 } })
    const rotated = await t.store.rotate(token, { credentialChange: true })
    await t.store.revokeAll('ada', { by: session.id })
    await eventually('three messages are here', () => messages.length >= 3)
    for (const secret of [token, rotated?.token ?? ''].map((one) => one.slice(38)))
      expect(messages.join('')).not.toContain(secret)
    const record = Buffer.from(token.slice(38), 'base64url').toString('latin1')
    expect(messages.join('')).not.toContain(record)
    const own = await t.signIn('bob')
    expect(await bob.next()).toEqual([{ kind: 'created', id: own.session.id }])
    ear.disconnect()
  })
})

test('every message is published by the script that makes the change', async () => {
  const published: string[] = []
  const admin = new Redis(t.server.url)
  const monitor = await admin.monitor()
  monitor.on('monitor', (_time: string, [command = '']: string[], source: string) => {
    if (command.toLowerCase() === 'publish') published.push(source)
  })
  const { next } = await live()
  const [a, b] = [await t.signIn(), await t.signIn()]
  t.clock.now += defaultTimeouts.touchInterval
  await t.store.touch(a.session)
  await t.store.revoke('ada', b.session.id)
  await t.signIn()
  await t.store.revokeOthers(a.token)
  await t.store.rotate(a.token)
  await t.store.revokeAll('ada')
  await next(8)
  await eventually('eight messages are published', () => published.length >= 8)
  expect(published).toEqual(Array.from({ length: 8 }, () => 'lua'))
  monitor.disconnect()
  admin.disconnect()
})

describe('one connection', () => {
  test('is live for nobody before Redis has confirmed, and once for each', async () => {
    const [first, second] = [watch(), watch()]
    await new Promise<void>((resolve) => queueMicrotask(resolve))
    expect([...first.received, ...second.received]).toEqual([])
    for (const { next } of [first, second]) expect(await next()).toEqual([{ kind: 'live' }])
    await t.signIn()
    for (const { next } of [first, second]) expect(await next()).toMatchObject([{ kind: 'created' }])
  })

  test('serves every watcher, is opened for the first, and subscribes to each user once', async () => {
    const connections = async () =>
      String(await t.redis.client('LIST'))
        .trim()
        .split('\n').length
    expect(await connections()).toBe(1)
    const [a, b, bob] = [watch(), watch(), watch('bob')]
    for (const watcher of [a, b, bob]) expect(await watcher.next()).toEqual([{ kind: 'live' }])
    const late = await live()
    expect(await connections()).toBe(2)
    expect(await listeners()).toEqual([expect.any(String), 1])

    for (const { stop } of [a, b]) stop()
    await t.signIn()
    expect(await late.next()).toMatchObject([{ kind: 'created' }])
    expect(a.received).toEqual([])
    late.stop()
    late.stop()
    await subscribers(0)

    // Left and watched again at once.
    const again = await live()
    again.stop()
    const more = await live()
    await subscribers(1)
    await t.signIn()
    expect(await more.next()).toMatchObject([{ kind: 'created' }])
  })

  test('that breaks says so, comes back, and reports that something may have been missed', async () => {
    const { next } = await live()
    await t.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    expect(await next(2)).toEqual([{ kind: 'lost' }, { kind: 'live' }])
    await t.signIn()
    expect(await next()).toMatchObject([{ kind: 'created' }])
  })

  test('stays if the client connects anew to the same server, in the older protocol too', async () => {
    const client = t.redis.duplicate({ protocol: 2 })
    await client.connect()
    const sameServer = createSessionChanges({ redis: client })
    const received: SessionChange[] = []
    sameServer.watch('ada', (change) => received.push(change))
    await expect.poll(() => received).toEqual([{ kind: 'live' }])
    client.disconnect(true)
    await happens(client, 'ready')
    await client.ping() // after the question that its `ready` makes
    await t.signIn()
    await expect.poll(() => received).toMatchObject([{ kind: 'live' }, { kind: 'created' }])
    sameServer.close()
    client.disconnect()
  })

  test('of a Redis that is killed comes back with it', async () => {
    const { next } = await live()
    process.kill(t.server.pid, 'SIGKILL')
    expect(await next()).toEqual([{ kind: 'lost' }])
    const late = watch() // during the outage: it is notified when it is over
    await t.server.restart()
    await t.back()
    expect(await next()).toEqual([{ kind: 'live' }])
    expect(await late.next()).toEqual([{ kind: 'live' }])
    await t.signIn()
    expect(await late.next()).toMatchObject([{ kind: 'created' }])
  })

  test('is let go of', async () => {
    const { received } = await live()
    changes.close()
    await subscribers(0)
    await t.signIn()
    expect(received).toEqual([])
  })
})

test.each([
  '',
  'hello',
  '{"kind":"ended","ids":7,"cause":"revoke"}',
  '{"kind":"ended","allBut":7,"cause":"revoke-all"}',
  '{"kind":"ended","cause":"revoke-all"}',
  '{"kind":"ended","cause":"revoke","ids":["a session",7]}',
  '{"kind":"created"}',
  '{"kind":"ended","ids":[],"cause":"a later one"}',
  '[1]',
])('a message that is none of ours, such as %j, still says that something changed', async (message) => {
  const { next } = await live()
  await t.redis.publish(channelOf('ada'), message)
  expect(await next()).toEqual([{ kind: 'live' }])
})
