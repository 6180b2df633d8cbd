import { setTimeout as pause } from 'node:timers/promises'
import { startCluster } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { withRedis, signUpDevice, startServer } from './helpers.js'

test('on a Redis Cluster: people sign in, see and end their devices, limits count, and a failover needs no restart', async () => {
  await using cluster = await startCluster()
  await using server = await startServer({ env: { REDIS_CLUSTER_NODES: cluster.addresses } })
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)

  const [current, other] = await laptop.api.devices.list.query()
  expect(current).toMatchObject({ isCurrent: true })
  expect(await laptop.api.devices.revoke.mutate({ id: other?.id ?? '' })).toMatchObject({ revoked: 1 })
  expect((await phone.request('/trpc/devices.list')).status).toBe(401)

  const guess = async () =>
    server.browser().post('/api/auth/sign-in/email', { email: laptop.email, password: 'a guess' })
  for (let tries = 0; tries < 10; tries += 1) expect((await guess()).status).toBe(401)
  expect((await guess()).status).toBe(429)

  const masters = cluster.nodes.slice(0, 3)
  const keys = await Promise.all(
    masters.map(({ server: node }) => withRedis(node, (admin) => admin.keys('user:*:sessions'))),
  )
  const holder = masters[keys.findIndex(({ length }) => length > 0)]
  process.kill(holder?.server.pid ?? 0, 'SIGKILL')
  // Until a replica has stepped in it is an outage, and nothing else.
  const outages = new Set<number>()
  for (const deadline = Date.now() + 50_000; ;) {
    expect(Date.now(), 'the failover takes too long').toBeLessThan(deadline)
    const { status } = await laptop.request('/trpc/devices.list')
    if (status === 200) break
    outages.add(status)
    await pause(20)
  }
  expect([...outages]).toEqual([503])
  expect(await laptop.api.devices.list.query()).toMatchObject([{ id: current?.id }])
  expect(await laptop.api.devices.revokeAll.mutate()).toMatchObject({ revoked: 1 })
})
