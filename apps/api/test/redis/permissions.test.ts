import { readFileSync } from 'node:fs'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { readSettings } from '../../src/settings/env.js'
import { createLog } from '../../src/log.js'
import { connectRedis } from '../../src/redis/connect.js'
import { requiredCommands } from '../../src/redis/permissions.js'
import { codeOf, commandsOf, withRedis, signUpDevice, startServer } from '../helpers.js'
import { useAll } from '../use-all.js'

const document = readFileSync(new URL('../../../../docs/architecture.md', import.meta.url), 'utf8')
/** The first is the store's, which a test of the store holds. */
const [, rules = ''] = [...document.matchAll(/```redis-acl\n(.+)\n/g)].map(([, list = '']) => list)

const access = { REDIS_USERNAME: 'rollcall', REDIS_PASSWORD: 'pw' }

/** From here on, `rollcall` may do what the list says, and nothing else. */
async function allow(redis: PrivateRedis, list: string): Promise<void> {
  await withRedis(redis, (admin) => admin.acl('SETUSER', 'rollcall', 'reset', '>pw', ...list.split(' ')))
}

const denials = (redis: PrivateRedis) => withRedis(redis, (admin) => admin.acl('LOG'))

/** Belong to a connection, or are allowed to everybody. */
const ofConnections = /^(?:auth|hello|select|client\||(?:p?un)?subscribe|monitor|acl\||info$|config\|)/

test.each([
  ['without a prefix', rules, ''],
  ['with one', 'on ~shop:* &shop:* &__redis__:invalidate +@all -@dangerous +info', 'shop:'],
])(
  'the whole server runs under the access list of the document, and asks for nothing beyond it: %s',
  async (_, list, prefix) => {
    await using redis = await startRedis()
    await allow(redis, list)
    const used = await commandsOf(redis, async () => {
      await using server = await startServer({
        redis,
        env: { ...access, KEY_PREFIX: prefix, NEAR_CACHE_LEASE_MS: '500' },
      })
      await useAll(server)
      await using durable = await startServer({
        redis,
        env: { ...access, KEY_PREFIX: prefix, DURABILITY: 'replicated' },
      })
      const { api } = await signUpDevice(durable)
      expect(await codeOf(api.devices.revokeAll.mutate())).toBe('SERVICE_UNAVAILABLE') // no replica confirms it
      expect(await (await durable.send('/readyz')).json()).toMatchObject({ redis: 'ok' })
    })
    expect(await denials(redis)).toEqual([])
    const unnamed = Object.keys(used).filter(
      (command) => !ofConnections.test(command) && !requiredCommands.includes(command),
    )
    expect(unnamed, 'commands that the check at start does not look for').toEqual([])
  },
  60_000,
)

test.each([
  ['-hset', 'the command hset'],
  ['-pexpire -publish', 'the command pexpire, the command publish'],
  ['-evalsha', 'the command evalsha'],
  ['-zadd', 'the command zadd'],
  ['-scan', 'the command scan'],
  ['-info', 'the command info'],
  ['-@write', 'the command hset, the command hdel'],
  ['resetkeys ~user:* ~readyz', 'the keys ~limit:*'],
  ['resetkeys ~user:* ~limit:*', 'the keys ~readyz'],
  ['resetkeys ~limit:* ~readyz', 'the keys ~user:*'],
  ['resetchannels &__redis__:invalidate', 'the channels &user:*'],
])('a start under a list that is too narrow (%s) says what it lacks', async (change, lack) => {
  await using redis = await startRedis()
  await allow(redis, `${rules} ${change}`)
  const settings = readSettings({ REDIS_URL: redis.url, ...access })
  const started = connectRedis(settings, 10_000, createLog({ write: () => undefined }))
  await expect(started).rejects.toThrow(`REDIS_URL: The access list of this user of Redis lacks ${lack}`)
})

test('the check of the access list changes nothing', async () => {
  await using redis = await startRedis()
  const { close } = await connectRedis(
    readSettings({ REDIS_URL: redis.url, KEY_PREFIX: 'shop:' }),
    10_000,
    createLog({ write: () => undefined }),
  )
  expect(await withRedis(redis, (admin) => admin.dbsize())).toBe(0)
  close()
})

test('a command that the access list loses later is a 503, named in the log, and signs nobody out', async () => {
  await using redis = await startRedis()
  await allow(redis, rules)
  await using server = await startServer({ redis, env: access })
  const { api } = await signUpDevice(server)
  await allow(redis, `${rules} -hget`)
  expect(await codeOf(api.session.current.query())).toBe('SERVICE_UNAVAILABLE')
  const message = 'Redis refuses the command hget'
  expect(server.lines()).toContainEqual(expect.objectContaining({ err: expect.objectContaining({ message }) }))
  await allow(redis, rules)
  expect(await api.session.current.query()).toMatchObject({ id: expect.any(String) })
})
