import { freePort, startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { publicError, RateLimitedError } from '../../src/errors.js'
import { Client } from '../../src/client/client.js'
import { createLimits } from '../../src/limits/limits.js'
import { withRedis, SECRET, signUpDevice, startServer } from '../helpers.js'
import { address, env, signInAs, statuses, times } from './attempts-helpers.js'

test('limits count in a Redis Cluster too', async () => {
  const [port, busPort] = [await freePort(), await freePort()]
  const ports = ['--port', String(port), '--cluster-port', String(busPort)] // its default may be a connection's
  const listen = [...ports, '--bind', '127.0.0.1', '--cluster-announce-ip', '127.0.0.1']
  await using single = await startRedis({ args: ['--cluster-enabled', 'yes', ...listen] })
  await withRedis(single, async (admin) => {
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    while (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'))
      await new Promise((go) => setTimeout(go, 20))
  })
  await using clustered = await startServer({
    redis: single,
    env: { ...env, REDIS_CLUSTER_NODES: `127.0.0.1:${port}` },
  })
  const from = address()
  const { email, api } = await signUpDevice(clustered, { 'x-forwarded-for': from })
  expect(await api.devices.list.query()).toHaveLength(1)
  expect(await statuses(11, () => signInAs(clustered, from, email, 'a wrong password'))).toEqual([
    ...times(10, 401),
    429,
  ])
})

test('without an answer from Redis nothing is let through', async () => {
  const dead = new Redis({
    host: '127.0.0.1',
    port: 1,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: null,
  })
  dead.on('error', () => undefined)
  const limits = createLimits(dead, [SECRET])
  const work = async () => 'done'
  for (const charge of [
    ['sign-in:address', new Client('192.0.2.1')],
    ['revoke:session', 'ada', 'laptop'],
  ] as const) {
    await expect(limits.within([charge], work)).rejects.toThrow('The session store is unavailable')
    // A revocation proceeds: if Redis does not carry it out, it is refused there.
    await expect(limits.within([charge], work, undefined, { uncounted: true })).resolves.toBe('done')
  }
  expect(new RateLimitedError(3).retryAfter).toBe(3)
})

test('attempts under way that leave no place in time let nothing pass, not even a revocation', async () => {
  await using server = await startRedis()
  await withRedis(server, async (redis) => {
    const limits = createLimits(redis, [SECRET])
    const charge = ['reset-password:address', new Client('192.0.2.1')] as const
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    let begun = 0
    const all = Array.from({ length: 30 }, () =>
      limits.within([charge], () => {
        begun += 1
        return ended
      }),
    )
    await expect.poll(() => begun).toBe(30)
    const now = performance.now.bind(performance)
    let ahead = 0
    const hurried = vi.spyOn(performance, 'now').mockImplementation(() => now() + (ahead += 20_000))
    const late = await limits
      .within([charge], async () => 'passed', undefined, { uncounted: true })
      .catch((error: unknown) => publicError(error))
    hurried.mockRestore()
    expect(late).toMatchObject({ status: 503, retryAfter: 1 })
    end()
    await Promise.all(all)
  })
})
