import { setTimeout as pause } from 'node:timers/promises'
import { startAddress, startPair } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { PASSWORD, signUpDevice, startServer } from './helpers.js'

// A managed Redis fails over: its address leads to the new master, and connections to the old one stay open.

test('a failover behind one address: limits, sign-ins, revocations, activity, open pages and readiness go on without a restart', async () => {
  await using pair = await startPair()
  await using address = await startAddress(pair.nodes[0].server.url)
  await using server = await startServer({ env: { REDIS_URL: address.url } })
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const { id } = await phone.api.session.current.query()
  const open = await laptop.stream()
  await open.message()
  expect(await (await server.send('/readyz')).json()).toEqual({ status: 'ok', redis: 'ok', database: 'ok' })

  await pair.failOver()
  address.leadTo(pair.nodes[1].server.url)
  const signIn = async (password: string) =>
    (await server.browser().post('/api/auth/sign-in/email', { email: laptop.email, password })).status
  let status = await signIn(PASSWORD)
  for (; status === 503; status = await signIn(PASSWORD)) await pause(10)
  expect(status).toBe(200)
  expect(await signIn('a wrong password')).toBe(401)
  while ((await (await server.send('/readyz')).text()).includes('not writable')) await pause(10)
  expect(await (await server.send('/readyz')).json()).toEqual({ status: 'ok', redis: 'ok', database: 'ok' })
  expect((await laptop.post('/trpc/devices.revoke', { id })).status).toBe(200)
  expect((await phone.request('/trpc/session.current')).status).toBe(401)
  expect((await laptop.request('/trpc/activity.list')).status).toBe(200)
  for (;;) {
    const message = await open.message()
    if (Array.isArray(message) && message.length === 2 && !message.includes(id)) break
  }
  await open.close()

  const lost = server.lines().filter(({ msg }) => msg === 'The connection to Redis is lost')
  expect(lost).toHaveLength(1)
  expect(JSON.stringify(lost)).toContain('READONLY')
})
