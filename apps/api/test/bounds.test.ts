import { Server } from 'node:http'
import { startRedis } from '@rollcall/dev-redis'
import { createSessionChanges, createSessionStore } from '@rollcall/session-store'
import { createStreams } from '@rollcall/devices'
import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { createLog } from '../src/log.js'
import { signUpDevice, startServer } from './helpers.js'

test('the 101st stream of a user is refused, however many sessions they have, and one that is closed makes room', async () => {
  await using server = await startRedis()
  const redis = new Redis(server.url)
  const store = createSessionStore({ redis })
  const changes = createSessionChanges({ redis })
  const streams = createStreams({ store, changes })
  const signIn = async (userId: string) => {
    const created = await store.create({ userId })
    if (created === null) throw new Error('The sign-in was refused')
    return created
  }
  try {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => signIn('ada')))
    const pages = sessions.flatMap((session) => Array.from({ length: 5 }, () => streams.open(session, undefined)))
    await Promise.all(pages.map((page) => page.next()))
    expect(streams.size()).toBe(100)
    const another = await signIn('ada')
    await expect(streams.open(another, undefined).next()).rejects.toMatchObject({ name: 'TooManyStreamsError' })
    expect((await streams.open(await signIn('bob'), undefined).next()).value).toMatchObject({ type: 'devices' })
    await pages[0]?.return()
    expect((await streams.open(another, undefined).next()).value).toMatchObject({ type: 'devices' })
    await expect(streams.open(another, undefined).next()).rejects.toMatchObject({ name: 'TooManyStreamsError' })
  } finally {
    streams.close()
    changes.close()
    redis.disconnect()
  }
})

test('the 61st name that a user gives within a minute is refused', async () => {
  await using server = await startServer()
  const device = await signUpDevice(server)
  const other = await signUpDevice(server)
  const rename = (size: number) =>
    device.post(
      `/trpc/${Array.from({ length: size }, () => 'devices.rename').join(',')}?batch=1`,
      Object.fromEntries(Array.from({ length: size }, (_, n) => [n, { id: 'A'.repeat(22), name: 'Work' }])),
    )
  for (let n = 0; n < 3; n += 1) expect((await rename(20)).status).toBe(200)
  const refused = await rename(1)
  expect(refused.status).toBe(429)
  expect(await refused.json()).toMatchObject([{ error: { data: { code: 'TOO_MANY_REQUESTS' } } }])
  expect(await other.api.devices.rename.mutate({ id: 'A'.repeat(22), name: 'Work' })).toEqual({ renamed: 0 })
})

test('a client that sends its headers or its body slowly is cut off', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen')
  await using server = await startServer()
  const bounds = listening.mock.contexts.flatMap((one) =>
    one instanceof Server ? [[one.headersTimeout, one.requestTimeout]] : [],
  )
  listening.mockRestore()
  expect(server.port).toBeGreaterThan(0)
  expect(bounds).toEqual([[15_000, 30_000]])
})

test.each(['cookie', 'set-cookie', 'authorization', 'token', 'password', 'newPassword', 'currentPassword', 'secret'])(
  'what stands under the name %s is struck out of a log line, at each depth',
  (name) => {
    const output: string[] = []
    const log = createLog({ write: (line) => output.push(line) })
    log.info({ [name]: 's3cret', body: { [name]: 's3cret', inner: { [name]: 's3cret' } } })
    expect(output.join()).not.toContain('s3cret')
    expect(output.join().match(/\[Redacted\]/g)).toHaveLength(3)
  },
)
