import { startRedis } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { codeOf, signUpDevice, startServer } from './helpers.js'
import { startSlowProxy } from './slow-redis.js'

const MINUTE = 60_000

test('SESSION_TIMEOUTS decides how long a session lives', async () => {
  await using server = await startServer({ env: { SESSION_TIMEOUTS: 'aal3' } })
  const laptop = await signUpDevice(server)
  const { createdAt, expiresAt } = await laptop.api.session.current.query()
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(15 * MINUTE)
  server.clock.ahead = 15 * MINUTE
  expect(await codeOf(laptop.api.session.current.query())).toBe('UNAUTHORIZED')
})

test('MAX_SESSIONS_PER_USER decides how many devices a user has', async () => {
  await using server = await startServer({ env: { MAX_SESSIONS_PER_USER: '2' } })
  const laptop = await signUpDevice(server)
  for (let devices = 0; devices < 3; devices += 1) await server.browser().signIn(laptop.email)
  expect(await codeOf(laptop.api.devices.list.query())).toBe('UNAUTHORIZED')
  const last = server.browser()
  await last.signIn(laptop.email)
  expect(await last.api.devices.list.query()).toHaveLength(2)
})

test('DURABILITY=replicated answers 503 where no replica confirms a revocation', async () => {
  await using redis = await startRedis()
  await using lax = await startServer({ redis })
  await using strict = await startServer({ redis, env: { DURABILITY: 'replicated', DATA_DIR: lax.dataDir } })
  const laptop = await signUpDevice(lax)
  const phone = strict.browser()
  await phone.signIn(laptop.email)
  expect(await codeOf(phone.api.devices.revokeOthers.mutate())).toBe('SERVICE_UNAVAILABLE')
  expect(await codeOf(laptop.api.session.current.query())).toBe('UNAUTHORIZED') // the master has done it
})

test('REDIS_COMMAND_TIMEOUT_MS and REDIS_SOCKET_TIMEOUT_MS decide how long the store waits for Redis', async () => {
  await using redis = await startRedis()
  await using slow = await startSlowProxy(redis)
  const env = { REDIS_URL: slow.url }
  await using usual = await startServer({ redis, env })
  const timeouts = { REDIS_COMMAND_TIMEOUT_MS: '20000', REDIS_SOCKET_TIMEOUT_MS: '20000' }
  await using patient = await startServer({ redis, env: { ...env, ...timeouts, DATA_DIR: usual.dataDir } })
  const laptop = await signUpDevice(usual)
  const phone = patient.browser()
  await phone.signIn(laptop.email)
  slow.way.delay = 1_000 // longer than either time by default
  const answers = [codeOf(laptop.api.session.current.query()), codeOf(phone.api.session.current.query())]
  expect(await Promise.all(answers)).toEqual(['SERVICE_UNAVAILABLE', 'no error'])
  slow.way.delay = 0
})
