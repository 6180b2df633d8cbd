import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { createSessionStore, redisOptions, SessionStoreUnavailableError } from '../src/index.js'
import { RETRY_MS } from '../src/near-cache/tracking.js'
import { happens, startStore } from './helpers.js'
import { lastPass, LONG, SHORT, startNear } from './near-cache-servers.js'
import { eventually } from './retry.js'

describe('a session that has ended passes for no longer than the lease', () => {
  test('where the tracking connection is half open', async () => {
    await using t = await startNear(SHORT)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    t.connection(true).swallow()
    await t.store.revoke('ada', session.id)
    const ended = performance.now()
    expect((await lastPass(t, token)) - ended).toBeLessThan(SHORT)
  })

  test('where nothing gets through on either connection', async () => {
    await using t = await startNear(SHORT)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    const [data, tracking] = [t.connection(false), t.connection(true)]
    data.swallow()
    tracking.swallow()
    await t.store.revoke('ada', session.id)
    const ended = performance.now()
    t.nearRedis.options.commandTimeout = 50
    let last = ended
    await eventually('the session does not pass', async () => {
      const began = performance.now()
      const found = await t.near.validate(token).catch(() => null)
      if (found !== null) last = began
      return found === null
    })
    expect(last - ended).toBeLessThan(SHORT)
  })

  test('where Redis hangs: then it is an outage, and over with it', async () => {
    await using t = await startNear(SHORT)
    const { token } = await t.signIn()
    await t.remembers(token)
    t.nearRedis.options.commandTimeout = 50
    process.kill(t.server.pid, 'SIGSTOP')
    const hung = performance.now()
    let last = hung
    const fails = eventually('validation fails', async () => {
      const began = performance.now()
      await t.near.validate(token)
      last = began
      return false
    })
    await expect(fails).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    expect(last - hung).toBeLessThan(SHORT)
    process.kill(t.server.pid, 'SIGCONT')
    await t.back()
    t.nearRedis.options.commandTimeout = 10_000
    await t.remembers(token)
  })
})

describe('on any doubt everything is forgotten', () => {
  test('the tracking connection is lost', async () => {
    await using t = await startNear(LONG)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    t.connection(true).swallow()
    await t.store.revoke('ada', session.id)
    const lost = happens(t.trackingConnection(), 'end')
    await t.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await lost
    expect(await t.near.validate(token)).toBeNull()
    await t.remembers((await t.signIn()).token) // and it comes back
  })

  test('the connection of the store is lost', async () => {
    await using t = await startNear(LONG)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    t.connection(true).swallow()
    await t.store.revoke('ada', session.id)
    const back = happens(t.nearRedis, 'ready')
    await t.redis.call('CLIENT', 'KILL', 'ID', await t.nearRedis.client('ID'))
    await back
    expect(await t.near.validate(token)).toBeNull()
    await t.remembers((await t.signIn()).token)
  })

  test('both are lost, and to track anew falls due while the store has no connection: it is tracked over one', async () => {
    await using t = await startNear(LONG)
    const { token } = await t.signIn()
    await t.remembers(token)
    const lost = happens(t.trackingConnection(), 'end')
    await t.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await lost
    const back = happens(t.nearRedis, 'ready')
    const [releaseStore, ...releaseTracking] = await t.holdNew(async () => {
      const due = sleep(RETRY_MS) // begins later than that of the tracking, so it is over later
      await t.redis.call('CLIENT', 'KILL', 'ID', await t.nearRedis.client('ID'))
      await due
      await eventually('the store connects', () => t.nearRedis.status === 'connect')
    })
    releaseStore?.()
    await back
    for (const release of releaseTracking) release()
    await t.remembers(token)
    await eventually('all others have ended', () =>
      t.trackingConnections.every(({ status, mode }) => status === 'end' || mode === 'subscriber'),
    )
    const subscribed = async () =>
      String(await t.redis.client('LIST', 'TYPE', 'PUBSUB'))
        .trim()
        .split('\n')
    await expect.poll(subscribed, { timeout: 10_000 }).toHaveLength(1)
  })

  test('Redis was killed, and is back with nothing', async () => {
    await using t = await startNear(LONG)
    const { token } = await t.signIn()
    await t.remembers(token)
    const back = happens(t.nearRedis, 'ready')
    process.kill(t.server.pid, 'SIGKILL')
    await t.server.restart()
    await back
    expect(await t.near.validate(token)).toBeNull()
  })

  test('the two connections lead to different servers: then nothing is ever remembered', async () => {
    await using other = await startRedis()
    await using t = await startStore()
    const lines: Redis[] = []
    t.redis.duplicate = () => {
      const line = new Redis(other.url, { ...redisOptions, protocol: 2, lazyConnect: true, retryStrategy: () => null })
      lines.push(line)
      return line
    }
    const near = createSessionStore({ redis: t.redis, clock: () => t.clock.now, nearCache: {} })
    const { token } = await t.signIn()
    await eventually('it was tracked three times', async () => {
      const { hget } = await t.commandsOf(() => near.validate(token))
      expect(hget).toBe(1)
      return lines.length >= 3
    })
  })
})
