import { readdir, readFile } from 'node:fs/promises'
import { createSessionStore, type SessionStore } from '@rollcall/session-store'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renameDevice } from '../src/accounts/people/renames.js'
import {
  type Browser,
  codeOf,
  newEmail,
  withRedis,
  PASSWORD,
  signUpDevice,
  startServer,
  type TestServer,
} from './helpers.js'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback' } }) // each person comes from an address of their own
})
afterAll(() => server[Symbol.asyncDispose]())

const own = async ({ api }: Pick<Browser, 'api'>) => {
  const device = (await api.devices.list.query()).find(({ isCurrent }) => isCurrent)
  if (device === undefined || device.deviceId === null) throw new Error('This device has no id')
  return { ...device, deviceId: device.deviceId }
}

describe('devices.rename', () => {
  test('names a device for all its sessions, and for those to come', async () => {
    const laptop = await signUpDevice(server)
    const { deviceId } = await own(laptop)
    expect(await laptop.api.devices.rename.mutate({ id: deviceId, name: "  Mum's iPad 🦊 " })).toEqual({ renamed: 1 })
    expect(await own(laptop)).toMatchObject({ deviceId, name: "Mum's iPad 🦊" })
    await laptop.post('/api/auth/sign-out', {})
    await laptop.signIn(laptop.email)
    laptop.jar.delete('rollcall.session_token') // the browser has lost it, and its session lives on
    await laptop.signIn(laptop.email)
    expect((await laptop.api.devices.list.query()).map((device) => [device.deviceId, device.name])).toEqual([
      [deviceId, "Mum's iPad 🦊"],
      [deviceId, "Mum's iPad 🦊"],
    ])
    expect(await laptop.api.devices.rename.mutate({ id: deviceId, name: ' ' })).toEqual({ renamed: 1 })
    expect(await own(laptop)).toMatchObject({ name: null })
  })

  test("is done from any device, and another user's device answers like one that is unknown", async () => {
    const laptop = await signUpDevice(server)
    const phone = server.browser()
    await phone.signIn(laptop.email)
    const stranger = await signUpDevice(server)
    const { deviceId } = await own(laptop)
    expect(await stranger.api.devices.rename.mutate({ id: deviceId, name: 'mine' })).toEqual({ renamed: 0 })
    expect(await stranger.api.devices.rename.mutate({ id: 'A'.repeat(22), name: 'mine' })).toEqual({ renamed: 0 })
    expect(await phone.api.devices.rename.mutate({ id: deviceId, name: 'Work' })).toEqual({ renamed: 1 })
    expect(await own(laptop)).toMatchObject({ name: 'Work' })
    expect(await own(phone)).toMatchObject({ name: null })
  })

  test('is done thirty times a day in one session, so that renames cannot bury a sign-in; others are not affected', async () => {
    const laptop = await signUpDevice(server)
    const phone = server.browser()
    await phone.signIn(laptop.email)
    const { deviceId } = await own(laptop)
    const rename = ({ api }: Pick<Browser, 'api'>, n: number, id = deviceId) =>
      api.devices.rename.mutate({ id, name: `Name ${n}` })
    for (let n = 0; n < 5; n += 1)
      expect(await rename(phone, n, 'A'.repeat(22)), 'an unknown device writes nothing').toEqual({ renamed: 0 })
    for (let n = 0; n < 30; n += 1) expect(await rename(phone, n)).toEqual({ renamed: 1 })
    expect(await codeOf(rename(phone, 30))).toBe('TOO_MANY_REQUESTS')
    expect(await own(laptop)).toMatchObject({ name: 'Name 29' })
    expect(await rename(laptop, 31)).toEqual({ renamed: 1 })
  })

  test('ends, although others rename the device again each time', async () => {
    const { api } = await signUpDevice(server)
    const { deviceId } = await own({ api })
    const { kysely } = server.database()
    let rounds = 0
    await withRedis(server.redis, async (redis) => {
      const store = createSessionStore({ redis })
      const [by] = await store.list((await api.session.current.query()).user.id)
      const overtaken: SessionStore = {
        ...store,
        async update(session, data) {
          rounds += 1
          if (rounds <= 20)
            await sql`update device set name = ${`Name ${rounds}`} where "deviceId" = ${deviceId}`.execute(kysely)
          return store.update(session, data)
        },
      }
      if (by) expect(await renameDevice(server.database(), overtaken, by, deviceId, 'Work')).toBe(true)
    })
    expect(rounds).toBe(10)
  })

  test('reaches the open pages', async () => {
    const laptop = await signUpDevice(server)
    const { deviceId } = await own(laptop)
    const stream = await laptop.stream()
    const next = async () => {
      for (;;) {
        const event = await stream.next()
        if (event?.event === 'message') return event.data
      }
    }
    expect(await next()).toMatchObject({ type: 'devices', devices: [{ name: null }] })
    await laptop.api.devices.rename.mutate({ id: deviceId, name: 'Work' })
    expect(await next()).toMatchObject({ type: 'devices', devices: [{ name: 'Work' }] })
    await stream.close()
  })

  test.each(['x'.repeat(51), 'a\nb', '\u202Eevil', 'a\u2028b', '\u001b[31m', 7, null, undefined])(
    'refuses %j with the field',
    async (name) => {
      const laptop = await signUpDevice(server)
      const { deviceId } = await own(laptop)
      const response = await laptop.post('/trpc/devices.rename', { id: deviceId, name })
      expect(response.status).toBe(400)
      expect(JSON.stringify(await response.json())).toContain('"message":"name: ')
      expect(await own(laptop)).toMatchObject({ name: null })
    },
  )

  test('refuses a NUL, as every procedure does', async () => {
    const laptop = await signUpDevice(server)
    const { deviceId } = await own(laptop)
    const response = await laptop.post('/trpc/devices.rename', { id: deviceId, name: 'a\u0000b' })
    expect([response.status, JSON.stringify(await response.json())]).toEqual([400, expect.stringContaining('NUL')])
    expect(await own(laptop)).toMatchObject({ name: null })
  })

  test('is a 503 when the database is away, while devices are listed and ended all the same', async () => {
    await using alone = await startServer()
    const laptop = await signUpDevice(alone)
    const phone = alone.browser()
    await phone.signIn(laptop.email)
    const { deviceId } = await own(laptop)
    await laptop.api.devices.rename.mutate({ id: deviceId, name: 'Work' })
    await alone.database().close()
    expect(await codeOf(laptop.api.devices.rename.mutate({ id: deviceId, name: 'Home' }))).toBe('SERVICE_UNAVAILABLE')
    expect(await own(laptop)).toMatchObject({ name: 'Work' })
    expect(await laptop.api.devices.revokeOthers.mutate()).toEqual({ revoked: 1 })
  })
})

describe('the mail about a new device', () => {
  async function mailsTo(email: string, count: number): Promise<string[]> {
    const outbox = server.outbox ?? ''
    const mails = async (): Promise<string[]> => {
      const files = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml')).toSorted()
      const texts = await Promise.all(files.map((name) => readFile(`${outbox}/${name}`, 'utf8')))
      return texts
        .filter((mail) => mail.includes(`To: ${email}`))
        .map((mail) => mail.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '='))
    }
    await expect.poll(async () => (await mails()).length).toBe(count)
    return mails()
  }
  const linkIn = (mail = '', page = '') =>
    new URL(new RegExp(`http://\\S+/${page}\\?token=[\\w-]+`).exec(mail)?.[0] ?? 'http://no-link.invalid')

  test('names device, address, place and time, and its link secures the account', async () => {
    const laptop = await signUpDevice(server)
    const thief = server.browser({ 'user-agent': CHROME, 'x-forwarded-for': '192.168.7.7' })
    await thief.signIn(laptop.email)
    const [mail] = await mailsTo(laptop.email, 1)
    expect(mail).toMatch(/^Subject: New device signed in to your account\r?$/m)
    expect(mail).toMatch(
      /Chrome on Windows, from the local network, IP address 192\.168\.7\.7, on \d+ \w+ \d{4} at \d\d:\d\d \(UTC\)\./,
    )
    const link = linkIn(mail, 'secure-account')
    expect(link.origin).toBe(server.baseUrl)
    const token = link.searchParams.get('token')

    expect((await server.send(link.pathname + link.search)).status).not.toBe(500) // what a scanner of mail does
    expect((await own(thief)).isCurrent).toBe(true)
    const secure = () => server.browser().post('/api/auth/secure-account', { token })
    expect((await secure()).status).toBe(200)
    for (const device of [laptop, thief]) expect(await codeOf(device.api.session.current.query())).toBe('UNAUTHORIZED')
    expect((await thief.post('/api/auth/sign-in/email', { email: laptop.email, password: PASSWORD })).status).toBe(401)
    expect(server.audits().some(({ event, result }) => event === 'account-secured' && result === 'ok')).toBe(true)

    expect((await secure()).status).toBe(200) // its first answer may have been lost
    const mails = await mailsTo(laptop.email, 2)
    const reset = {
      newPassword: 'another good password',
      token: linkIn(mails[1], 'reset-password').searchParams.get('token'),
    }
    expect((await laptop.post('/api/auth/reset-password', reset)).status).toBe(200)
    const signIn = { email: laptop.email, password: reset.newPassword }
    expect((await laptop.post('/api/auth/sign-in/email', signIn)).status).toBe(200)
    const late = await secure()
    expect(late.status).toBe(400)
    expect(await late.json()).toEqual({ code: 'INVALID_TOKEN', message: 'Invalid token' })
    expect((await own(laptop)).isCurrent).toBe(true)
    expect(JSON.stringify(server.lines())).not.toContain(token)

    // The laptop is known: the next mail about a device is that of a tablet which signs in after it.
    const tablet = server.browser({ 'user-agent': CHROME, 'x-forwarded-for': '192.168.7.8' })
    expect((await tablet.post('/api/auth/sign-in/email', signIn)).status).toBe(200)
    const all = await mailsTo(laptop.email, 4)
    const devices = all.filter((text) => /^Subject: New device/m.test(text))
    expect(devices).toEqual([mail, expect.stringContaining('IP address 192.168.7.8')])
  })

  test('is sent ten times an hour at most: the sign-ins beyond that are only listed', async () => {
    const email = newEmail()
    await server.browser().signUp(email)
    const devices = Array.from({ length: 12 }, () => server.browser())
    for (const device of devices) await device.signIn(email)
    await mailsTo(email, 10)
    const limited = server
      .lines()
      .filter(({ msg }) => msg === 'No mail about a new device: its user has had as many as the limit allows')
    expect(limited).toMatchObject([{ level: 'warn' }, { level: 'warn' }])
    expect(server.lines().filter(({ level }) => level === 'error')).toEqual([])
    expect(await devices[0]?.api.devices.list.query()).toHaveLength(13)
  })

  test('a link is tried at most thirty times an hour from one address', async () => {
    const someone = server.browser({ 'x-forwarded-for': '203.0.113.99' })
    const tries = await Promise.all(
      Array.from({ length: 31 }, () => someone.post('/api/auth/secure-account', { token: 'garbled' })),
    )
    expect(tries.filter(({ status }) => status === 400)).toHaveLength(30)
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(1)
  })
})
