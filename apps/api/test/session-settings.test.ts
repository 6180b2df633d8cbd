import { startRedis } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { codeOf, signedUp, startServer } from './helpers.js'

const MINUTE = 60_000

test('SESSION_TIMEOUTS decides how long a session lives', async () => {
  await using server = await startServer({ env: { SESSION_TIMEOUTS: 'aal3' } })
  const laptop = await signedUp(server)
  const { createdAt, expiresAt } = await laptop.api.session.current.query()
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(15 * MINUTE)
  server.clock.ahead = 15 * MINUTE
  expect(await codeOf(laptop.api.session.current.query())).toBe('UNAUTHORIZED')
})

test('MAX_SESSIONS_PER_USER decides how many devices a user has', async () => {
  await using server = await startServer({ env: { MAX_SESSIONS_PER_USER: '2' } })
  const laptop = await signedUp(server)
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
  const laptop = await signedUp(lax)
  const phone = strict.browser()
  await phone.signIn(laptop.email)
  expect(await codeOf(phone.api.devices.revokeOthers.mutate())).toBe('SERVICE_UNAVAILABLE')
  expect(await codeOf(laptop.api.session.current.query())).toBe('UNAUTHORIZED') // the master has done it
})
