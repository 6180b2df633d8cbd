import { startRedis } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { withRedis, PASSWORD, production, startServer } from './helpers.js'
import { useAll } from './use-all.js'

const prefixes = ['shop:', 'blog:'] as const

test('two applications on one Redis with prefixes of their own know nothing of each other', async () => {
  await using redis = await startRedis()
  const seen = new Set<string>()
  await withRedis(redis, async (admin) => {
    const monitor = await admin.monitor()
    // The keys and channels of a command begin like a key of ours or of the limits.
    monitor.on('monitor', (_time: string, args: string[]) => {
      for (const arg of args.slice(1))
        if (/(?:user|limit|readyz|mail|clock)\b/.test(arg) && !arg.includes('\n')) seen.add(arg)
    })
    await using shop = await startServer({
      redis,
      env: { KEY_PREFIX: prefixes[0], NEAR_CACHE_LEASE_MS: '1000', ...production },
    })
    await using blog = await startServer({ redis, env: { KEY_PREFIX: prefixes[1] } })
    const email = await useAll(shop)
    await useAll(blog)

    const keys = await admin.keys('*')
    expect(keys.length).toBeGreaterThan(10)
    expect(keys.filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)))).toEqual([])
    // An account of one does not sign in at the other.
    expect((await blog.browser().post('/api/auth/sign-in/email', { email, password: PASSWORD })).status).toBe(401)
    monitor.disconnect()
  })
  expect([...seen].filter((name) => /^(?:user|limit|readyz)/.test(name))).toEqual([])
  expect([...seen].filter((name) => name.startsWith('shop:')).length).toBeGreaterThan(3)
})
