import { expect, test } from 'vitest'
import { commandsOf, withRedis, requestCommandsOf, signUpDevice, startServer } from './helpers.js'

test('a batch of ten calls costs ten lookups, one per call, on one connection and without SQL', async () => {
  await using server = await startServer()
  const { api } = await signUpDevice(server)
  await server.flush()
  await server.database().close() // from here on, SQL fails
  const batch = () => Promise.all(Array.from({ length: 10 }, () => api.devices.list.query()))

  await batch() // from here on Redis knows the script
  // Each call of devices.list reads the list (HGETALL) once it is validated (HGET, all ten in one script).
  expect(await requestCommandsOf(server.redis, batch)).toEqual({ evalsha: 1, hget: 10, hgetall: 10 })
  expect(server.lines().filter(({ path }) => String(path).startsWith('/trpc/'))).toEqual([])

  const clients = await withRedis(server.redis, (admin) => admin.client('LIST'))
  expect(String(clients).trim().split('\n')).toHaveLength(2) // the server's and this one
})

test('a batch of ten calls goes to Redis in two writes: all ten lookups, then all ten lists', async () => {
  await using server = await startServer()
  const { api } = await signUpDevice(server)
  const reads = await withRedis(server.redis, async (admin) => {
    const readsSoFar = async () => Number(/total_reads_processed:(\d+)/.exec(await admin.info('stats'))?.[1])
    const before = await readsSoFar()
    await Promise.all(Array.from({ length: 10 }, () => api.devices.list.query()))
    return (await readsSoFar()) - before - 1 // the second question is one itself
  })
  expect(reads).toBe(2)
})

test('a refused call costs one lookup, and one with a cookie that is not ours none', async () => {
  await using server = await startServer()
  const device = await signUpDevice(server)
  const cookie = device.jar.get('rollcall.session_token') ?? ''
  await device.api.devices.revokeAll.mutate()
  await server.flush()
  const list = (value: string) => () =>
    server.send('/trpc/devices.list', { headers: { cookie: `rollcall.session_token=${value}` } })
  expect(await requestCommandsOf(server.redis, list(cookie))).toEqual({ hget: 1 })
  expect(await requestCommandsOf(server.redis, list(`${cookie.slice(0, -6)}AAAAAA`))).toEqual({})
})

test('with a near-cache, a query whose session is known asks Redis for nothing about it; what ends or changes something does', async () => {
  await using server = await startServer({ env: { NEAR_CACHE_LEASE_MS: '60000' } })
  const { api, post } = await signUpDevice(server)
  await server.flush()
  const hgets = async (work: () => Promise<unknown>) => (await commandsOf(server.redis, work))['hget'] ?? 0
  while ((await hgets(() => api.session.current.query())) > 0);
  expect(await requestCommandsOf(server.redis, () => api.devices.list.query())).toEqual({ hgetall: 1 })
  // Once to validate the caller, once to describe the session to revoke, and twice by the script: for either of them.
  expect(await hgets(() => api.devices.revoke.mutate({ id: 'x'.repeat(16) }))).toBe(4)
  // Once for the limit, once in better-auth.
  expect(await hgets(() => post('/api/auth/reauthenticate', { password: 'not the password' }))).toBe(2)
})
