import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { RateLimitedError } from '../../src/errors.js'
import { Client } from '../../src/client/client.js'
import { createLimits } from '../../src/limits/limits.js'
import { observed, SECRET, signedUp, startServer } from '../helpers.js'
import { address, env, signInAs, statuses, times } from './attempts-helpers.js'

test('limits count in a Redis Cluster too', async () => {
  const port = 20_000 + (process.pid % 10_000)
  const listen = ['--port', String(port), '--bind', '127.0.0.1', '--cluster-announce-ip', '127.0.0.1']
  await using single = await startRedis({ args: ['--cluster-enabled', 'yes', ...listen] })
  await observed(single, async (admin) => {
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    while (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'))
      await new Promise((go) => setTimeout(go, 20))
  })
  await using clustered = await startServer({
    redis: single,
    env: { ...env, REDIS_CLUSTER_NODES: `127.0.0.1:${port}` },
  })
  const from = address()
  const { email, api } = await signedUp(clustered, { 'x-forwarded-for': from })
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
  const limits = createLimits(dead, SECRET)
  const work = async () => 'done'
  for (const charge of [
    ['sign-in:address', new Client('192.0.2.1')],
    ['revoke:session', 'ada', 'laptop'],
  ] as const) {
    await expect(limits.within([charge], work)).rejects.toThrow('The session store is unavailable')
    // A revocation proceeds: if Redis does not carry it out, it is refused there.
    await expect(limits.within([charge], work, undefined, { revokes: true })).resolves.toBe('done')
  }
  expect(new RateLimitedError(3).retryAfter).toBe(3)
})
