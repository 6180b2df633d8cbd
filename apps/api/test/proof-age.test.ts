import { startRedis } from '@rollcall/dev-redis'
import { createSessionChanges, createSessionStore } from '@rollcall/session-store'
import { createDevicesRouter, createSessionProcedure } from '@rollcall/trpc'
import { createStreams } from '@rollcall/devices'
import { initTRPC } from '@trpc/server'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { codeOf, signedUp, startServer } from './helpers.js'

const MINUTE = 60_000

test.each([5, 90])('a proof of the password is good for REAUTHENTICATION_MINUTES: %i', async (minutes) => {
  await using server = await startServer({ env: { REAUTHENTICATION_MINUTES: String(minutes) } })
  const { api } = await signedUp(server)
  server.clock.ahead = (minutes - 1) * MINUTE
  expect(await api.devices.revokeOthers.mutate()).toEqual({ revoked: 0 })
  server.clock.ahead = minutes * MINUTE
  expect(await codeOf(api.devices.revokeOthers.mutate())).toBe('FORBIDDEN')
})

test.each([0, -60, 60])(
  'in an application that says nothing of it, it is good for 15 minutes by the clock of the store: %i minutes off',
  async (off) => {
    await using server = await startRedis()
    const redis = new Redis(server.url)
    const signedIn = { ago: 0 }
    const store = createSessionStore({ redis, clock: () => Date.now() + off * MINUTE - signedIn.ago })
    const changes = createSessionChanges({ redis })
    const t = initTRPC.create()
    async function revokeOthers(ago: number): Promise<unknown> {
      signedIn.ago = ago
      const created = await store.create({ userId: 'ada' })
      signedIn.ago = 0
      const procedure = t.procedure.concat(
        createSessionProcedure(
          async () =>
            created && { token: created.token, session: (await store.validate(created.token)) ?? created.session },
        ),
      )
      return t
        .createCallerFactory(createDevicesRouter({ store, streams: createStreams({ store, changes }), procedure }))({})
        .revokeOthers()
    }
    try {
      expect(await revokeOthers(14 * MINUTE)).toEqual({ revoked: 0 })
      await expect(revokeOthers(15 * MINUTE)).rejects.toMatchObject({
        code: 'FORBIDDEN',
        cause: { name: 'ReauthenticationRequiredError' },
      })
    } finally {
      changes.close()
      redis.disconnect()
    }
  },
)
