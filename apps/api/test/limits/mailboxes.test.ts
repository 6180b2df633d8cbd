import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import type { Session } from '@rollcall/session-store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLimits } from '../../src/limits/limits.js'
import { emailChangeCharges, newDeviceCharges, ownerCharges, sendWithin } from '../../src/limits/mail-limits.js'
import { Mailbox } from '../../src/limits/mailbox.js'
import { countOn, withRedis, PASSWORD, SECRET, signUpDevice, startServer, type TestServer } from '../helpers.js'
import { tokensTo } from '../outbox.js'

// Mails are limited by the mailbox where they arrive, and by the address that causes them.

test.each([
  ['Ada@Example.ORG', 'ada@example.org'],
  ['ada+shop@example.org', 'ada@example.org'],
  ['ada+a+b@example.org', 'ada@example.org'],
  [' ada@example.org. ', 'ada@example.org'],
  ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
  ['a.d.a@gmail.com', 'ada@gmail.com'],
  ['ada+x@googlemail.com', 'ada@gmail.com'],
  ['a.d.a@example.org', 'a.d.a@example.org'], // another person's, perhaps
  ['+ada@example.org', '+ada@example.org'],
  ['', '@'],
])('a mail to %j arrives at %j', (address, mailbox) => {
  expect(new Mailbox(address).name).toBe(mailbox)
})

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback' } })
})
afterAll(() => server[Symbol.asyncDispose]())

async function mailsTo(mailbox: RegExp): Promise<number> {
  const files = await readdir(server.outbox ?? '').catch(() => [])
  const mails = await Promise.all(
    files.filter((name) => name.endsWith('.eml')).map((name) => readFile(join(server.outbox ?? '', name), 'utf8')),
  )
  return mails.filter((mail) => mailbox.test(mail)).length
}

const requestReset = async (email: string) =>
  (await server.browser({ 'x-forwarded-for': '203.0.113.7' }).post('/api/auth/request-password-reset', { email }))
    .status

test('requests for addresses without an account use up nothing of the mailbox', async () => {
  const victim = 'mary@example.org'
  await server.browser().signUp(victim)
  for (let n = 0; n < 6; n += 1) expect(await requestReset(`mary+${n}@example.org`)).toBe(200)
  expect(await requestReset(victim)).toBe(200)
  await expect.poll(() => mailsTo(/^To: mary@example\.org/m)).toBe(1)
})

test('five reset mails an hour reach a mailbox, and always the first of each account; one that cannot be sent counts nowhere', async () => {
  await using redis = await startRedis()
  await withRedis(redis, async (client) => {
    const limits = createLimits(client, [SECRET])
    let sent = 0
    const reset = (email: string, send = async () => void (sent += 1)) =>
      sendWithin(limits, ownerCharges('request-reset', email), send)
    for (let n = 0; n < 6; n += 1)
      await expect(reset('grace@example.org', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
    for (let n = 0; n < 7; n += 1) expect(await reset('grace@example.org')).toBe(n < 5)
    expect(await reset('Grace+1@example.org')).toBe(true)
    expect(await reset('grace+1@example.org')).toBe(false)
    expect(sent).toBe(6)
  })
})

test('an account has one first link to a new address in an hour, however its mailbox is spelled', async () => {
  await using redis = await startRedis()
  await withRedis(redis, async (client) => {
    const limits = createLimits(client, [SECRET])
    const link = (userId: string, n: number) =>
      sendWithin(limits, emailChangeCharges(userId, 'new', `carol+${n}@example.org`), async () => undefined)
    const sent: boolean[] = []
    for (let n = 0; n < 9; n += 1) sent.push(await link('mallory', n))
    expect(sent).toEqual([...Array.from({ length: 5 }, () => true), ...Array.from({ length: 4 }, () => false)])
    expect([await link('carol', 9), await link('carol', 9)]).toEqual([true, false])
  })
})

const droppedOf = (kind: string): number =>
  server.lines().filter((line) => line.msg.startsWith('A mail was dropped') && line.mail?.['kind'] === kind).length

test('a notice beyond the limit is dropped, and the activity shows the change', async () => {
  const email = 'anne@example.org'
  const device = server.browser()
  await device.signUp(email)
  await countOn(server.redis, 1, ['password-changed:first', email], 'done')
  await countOn(server.redis, 5, ['password-changed:mailbox', new Mailbox(email)], 'done')
  const passwords = { currentPassword: PASSWORD, newPassword: 'another good password' }
  expect((await device.post('/api/auth/change-password', passwords)).status).toBe(200)
  await expect.poll(() => droppedOf('password-changed')).toBe(1)
  expect(await mailsTo(/^To: anne@example\.org/m)).toBe(0)
  const { entries } = await device.api.activity.list.query({ kind: 'changes' })
  expect(entries.map(({ type }) => type)).toEqual(['password-changed'])
})

test('the notice of a deletion is sent, however many others its mailbox has had: no activity is left to show it', async () => {
  const email = 'rose@example.org'
  const device = server.browser()
  await device.signUp(email)
  await countOn(server.redis, 1, ['account-notice:first', email], 'done')
  await countOn(server.redis, 5, ['account-notice:mailbox', new Mailbox(email)], 'done')
  expect(await device.api.account.delete.mutate()).toEqual({ deleted: true })
  await expect.poll(() => mailsTo(/^To: rose@example\.org/m)).toBe(1)
})

test('a reset mail beyond the limit is dropped, and the answer is the same', async () => {
  const email = 'joy@example.org'
  await server.browser().signUp(email)
  await countOn(server.redis, 1, ['request-reset:first', email], 'done')
  await countOn(server.redis, 5, ['request-reset:mailbox', new Mailbox(email)], 'done')
  expect(await requestReset(email)).toBe(200)
  await expect.poll(() => droppedOf('reset')).toBe(1)
  expect(await mailsTo(/^To: joy@example\.org/m)).toBe(0)
})

/** Somebody who has said "This wasn’t me", after strangers had used up the reset mails of their address. */
async function secureAccount() {
  const { email } = await signUpDevice(server)
  await countOn(server.redis, 5, ['request-reset:email', email], 'done')
  await countOn(server.redis, 1, ['request-reset:first', email], 'done')
  await countOn(server.redis, 5, ['request-reset:mailbox', new Mailbox(email)], 'done')
  await server.browser().signIn(email)
  const [token = ''] = await tokensTo(server, email, 'secure-account')
  const owner = server.browser({ 'x-forwarded-for': '203.0.113.8' })
  expect((await owner.post('/api/auth/secure-account', { token })).status).toBe(200)
  const links = async () => await mailsTo(new RegExp(`^To: ${email}[^]*reset-password`, 'm'))
  return { email, token, owner, links }
}

test('the link that "This wasn’t me" promises is sent, whatever strangers have used up, and works', async () => {
  const { email, owner, links } = await secureAccount()
  await expect.poll(links).toBe(1)
  expect(await mailsTo(new RegExp(`^To: ${email}[^]*you said that a sign-in`, 'm')), 'it says why').toBe(1)
  const [token] = await tokensTo(server, email, 'reset-password')
  expect((await owner.post('/api/auth/reset-password', { token, newPassword: 'another good password' })).status).toBe(
    200,
  )
})

test('after "This wasn’t me", five further links are sent whatever strangers have used up, and to its owner alone', async () => {
  const { email, token, owner, links } = await secureAccount()
  await expect.poll(links).toBe(1)
  const another = async () => (await owner.post('/api/auth/secure-account/send-link', { token })).status
  for (let n = 0; n < 5; n += 1) {
    expect(await another()).toBe(200)
    await expect.poll(links).toBe(n + 2)
  }
  expect(await another()).toBe(429)
  const [first = ''] = await tokensTo(server, email, 'reset-password')
  const reset = { token: first, newPassword: 'another good password' }
  expect((await owner.post('/api/auth/reset-password', reset)).status).toBe(200)
})

test('notices to one mailbox are bounded, but for the first one of each account', async () => {
  await countOn(server.redis, 9, ['new-device:mailbox', new Mailbox('joan@example.org')], 'done')
  for (const email of ['joan+1@example.org', 'joan+2@example.org']) {
    await server.browser().signUp(email)
    for (let n = 0; n < 2; n += 1) await server.browser().signIn(email)
  }
  await expect.poll(() => mailsTo(/^To: joan\+[12]@example\.org/m)).toBe(2)
  const refused = server.lines().filter(({ msg }) => msg.startsWith('No mail about a new device'))
  expect(refused).toHaveLength(2)
})

describe('of notices', () => {
  const session = (userId: string, ipAddress: string | null) => ({ userId, ipAddress }) as Session // no more of it is looked at

  test('each account gets one, the mailbox ten and the address thirty; one that could not be sent counts nowhere', async () => {
    await using redis = await startRedis()
    await withRedis(redis, async (client) => {
      const limits = createLimits(client, [SECRET])
      const sent: string[] = []
      const notice = (user: string, email: string, ip: string | null, send = async () => void sent.push(email)) =>
        sendWithin(limits, newDeviceCharges(session(user, ip), email), send)
      await expect(
        notice('a', 'a@example.org', '203.0.113.1', () => Promise.reject(new Error('lost'))),
      ).rejects.toThrow('lost')
      for (let n = 0; n < 12; n += 1) await notice('a', 'a@example.org', '203.0.113.1')
      expect(sent).toHaveLength(10)
      for (let n = 0; n < 4; n += 1) for (let m = 0; m < 12; m += 1) await notice(`b${n}`, `b+${n}@example.org`, null)
      expect(sent).toHaveLength(10 + 10 + 3)
      expect(await notice('owner', 'a+owner@example.org', '203.0.113.1'), 'whom others have left nothing').toBe(true)
      for (let n = 0; n < 50; n += 1) await notice('c', `c${n}@example.org`, '203.0.113.2')
      expect(sent).toHaveLength(10 + 10 + 3 + 1 + 30)
    })
  })
})
