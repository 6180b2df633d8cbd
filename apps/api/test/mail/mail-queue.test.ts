import { freePort, startRedis } from '@rollcall/dev-redis'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { newEmail, PASSWORD, signUpDevice, startServer, type TestServer } from '../helpers.js'
import { temporaryFolder } from '../temporary-folder.js'
import { askReset, untilMailsLeft, mailsOf, NEW_DEVICE, patient, RESET, rowsOf } from './queue-helpers.js'
import { linkIn, startSmtp } from './smtp.js'

/** With mails that are due in an hour. */
async function fillQueue(server: TestServer, mails: number): Promise<void> {
  const later = Date.now() + 60 * 60_000
  await sql`
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${mails})
    insert into mail (key, kind, payload, created_at, due_at, leased_until, attempts)
    select 'filler:' || n, 'reset', '{}', ${later}, ${later}, 0, 0 from numbers`.execute(server.database().kysely)
}

function fail(): never {
  throw new Error('There is no mail')
}

describe('between two servers', () => {
  test('each mail is sent once, and what one of them leaves behind is sent by the other', async () => {
    await using redis = await startRedis()
    await using folder = await temporaryFolder('mail')
    await using smtp = await startSmtp()
    const env = { DATA_DIR: folder.path, SMTP_URL: smtp.url }
    await using one = await startServer({ redis, env })
    await using two = await startServer({ redis, env })
    const people = await Promise.all(Array.from({ length: 4 }, () => signUpDevice(one)))
    smtp.answerWith(() => 451)
    await Promise.all(people.map(({ email }, n) => askReset(n % 2 === 0 ? one : two, email)))
    await one.close()
    smtp.answerWith(() => 'accept')
    await expect.poll(() => mailsOf(smtp).length, patient).toBeGreaterThanOrEqual(4)
    await untilMailsLeft(two)
    expect(mailsOf(smtp).toSorted()).toEqual(people.map(({ email }) => `${email}: ${RESET}`).toSorted())
  })

  test('a mail on its way is not sent by the other one', async () => {
    await using redis = await startRedis()
    await using folder = await temporaryFolder('mail')
    await using smtp = await startSmtp({ holds: true })
    const env = { DATA_DIR: folder.path, SMTP_URL: smtp.url }
    await using one = await startServer({ redis, env })
    await using two = await startServer({ redis, env })
    const { email } = await signUpDevice(one)
    await askReset(one, email)
    await expect.poll(() => smtp.received.length, patient).toBe(1)
    await askReset(two, newEmail()) // nobody's: the other server has looked through the queue when it is gone
    await expect.poll(async () => (await rowsOf(two, 'mail')).length, patient).toBe(1)
    expect(smtp.received).toHaveLength(1)
    smtp.answer()
    await untilMailsLeft(two)
    expect(smtp.received).toHaveLength(1)
  })

  test('a request made while its mail is on its way is a mail of its own, with a link that works', async () => {
    await using smtp = await startSmtp({ holds: true })
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signUpDevice(server)
    await askReset(server, email)
    await expect.poll(() => smtp.received.length, patient).toBe(1)
    await sql`delete from verification`.execute(server.database().kysely) // a change of credentials ends the link on its way
    await askReset(server, email)
    await expect
      .poll(() => {
        smtp.answer()
        return smtp.received.length
      }, patient)
      .toBe(2)
    smtp.answer()
    await untilMailsLeft(server)
    const token = linkIn(smtp.received[1] ?? fail(), 'reset-password').searchParams.get('token')
    expect(
      (await server.browser().post('/api/auth/reset-password', { token, newPassword: 'another good password' })).status,
    ).toBe(200)
  })
})

describe('"This wasn’t me"', () => {
  test('is refused as an outage while no mail can be added, and its link works afterwards', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signUpDevice(server)
    await server.browser().signIn(email)
    await expect.poll(() => smtp.received.length, patient).toBe(1)
    const token = linkIn(smtp.received[0] ?? fail(), 'secure-account').searchParams.get('token')
    const secure = async () => (await server.browser().post('/api/auth/secure-account', { token })).status
    await fillQueue(server, 10_000)
    expect(await secure()).toBe(503)
    await sql`delete from mail`.execute(server.database().kysely)
    expect(await secure()).toBe(200)
    await expect.poll(() => mailsOf(smtp), patient).toEqual([`${email}: ${NEW_DEVICE}`, `${email}: ${RESET}`])
    const chosen = linkIn(smtp.received[1] ?? fail(), 'reset-password').searchParams.get('token')
    const choose = (newPassword: string) =>
      server.browser().post('/api/auth/reset-password', { token: chosen, newPassword })
    expect(await (await choose(PASSWORD)).json()).toMatchObject({ code: 'PASSWORD_REUSED' })
    expect((await choose('another good password')).status).toBe(200)
  })
})

describe('a new device', () => {
  test('counts as notified once the mail server has the mail, and sign-ins before that add none', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const { email } = await signUpDevice(server)
    const phone = server.browser()
    for (let n = 0; n < 3; n += 1) await phone.signIn(email)
    const unnotified = async () =>
      (await rowsOf(server, 'device')).filter(({ unnotifiedSince }) => unnotifiedSince !== null)
    expect(await unnotified()).toHaveLength(1)
    await using smtp = await startSmtp({ port })
    await expect.poll(unnotified, patient).toEqual([])
    await untilMailsLeft(server)
    expect(mailsOf(smtp)).toEqual([`${email}: ${NEW_DEVICE}`])
    await phone.signIn(email)
    expect(await rowsOf(server, 'mail')).toEqual([])
  })

  test('is reported by its next sign-in when its mail was given up', async () => {
    await using smtp = await startSmtp()
    smtp.answerWith(() => 550)
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signUpDevice(server)
    const phone = server.browser()
    await phone.signIn(email)
    await expect
      .poll(() => server.lines().some(({ msg }) => msg === 'A mail was given up: the mail server refuses it'), patient)
      .toBe(true)
    smtp.answerWith(() => 'accept')
    server.clock.ahead = 2 * 60_000
    await phone.signIn(email)
    await expect.poll(() => mailsOf(smtp), patient).toEqual([`${email}: ${NEW_DEVICE}`])
  })
})

describe('the queue', () => {
  test('holds neither a link nor what could be made one, and a mail about a device not even the address', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const { email } = await signUpDevice(server)
    await server.browser().signIn(email)
    await askReset(server, email)
    await expect
      .poll(async () => (await rowsOf(server, 'mail')).map(({ attempts }) => Number(attempts) > 0), patient)
      .toContain(true)
    const waiting = await rowsOf(server, 'mail')
    expect(waiting.map(({ kind }) => kind).toSorted()).toEqual(['new-device', 'reset'])
    expect(JSON.stringify(waiting)).not.toMatch(/token|https?:/)
    expect(JSON.stringify(waiting.find(({ kind }) => kind === 'new-device'))).not.toContain(email)
    await using smtp = await startSmtp({ port })
    await expect.poll(() => smtp.received.length, patient).toBe(2)
    for (const mail of smtp.received) {
      const page = mail.message.includes(RESET) ? 'reset-password' : 'secure-account'
      const token = linkIn(mail, page).searchParams.get('token') ?? ''
      expect(JSON.stringify(waiting)).not.toContain(token)
    }
  })

  test('takes down a request for an address without an account as any other, and sends nothing', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { kysely } = server.database()
    await sql`create table added (key text)`.execute(kysely)
    await sql`create trigger notes after insert on mail begin insert into added values (new.key); end`.execute(kysely)
    const email = newEmail()
    await askReset(server, email)
    await untilMailsLeft(server)
    expect(await rowsOf(server, 'added')).toEqual([{ key: `reset:${email}` }])
    expect(smtp.recipients()).toBe(0)
    expect(await rowsOf(server, 'verification')).toEqual([])
  })

  test('gives a reset up after an hour', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const { email } = await signUpDevice(server)
    await askReset(server, email)
    await sql`update mail set created_at = created_at - ${60 * 60_000 + 1}, due_at = 0`.execute(
      server.database().kysely,
    )
    await untilMailsLeft(server)
    await using smtp = await startSmtp({ port })
    expect(server.lines()).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'A mail was given up: its time is over' }),
    )
    expect(smtp.recipients()).toBe(0)
  })

  test('leaves a mail of a kind that only another version knows to that one, for three days', async () => {
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${await freePort()}` } })
    await sql`
      insert into mail (key, kind, payload, created_at, due_at, leased_until, attempts)
      values ('later:1', 'later', '{}', ${Date.now()}, 0, 0, 0)`.execute(server.database().kysely)
    const attempts = async () => Number((await rowsOf(server, 'mail'))[0]?.['attempts'] ?? -1)
    await expect.poll(attempts, patient).not.toBe(0)
    expect(await attempts()).toBeGreaterThan(0)
    await sql`update mail set created_at = created_at - ${3 * 24 * 60 * 60_000 + 1}, due_at = 0`.execute(
      server.database().kysely,
    )
    await untilMailsLeft(server)
  })

  test('sends a prepared notice in English if it waits in a language that this version does not have', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const email = newEmail()
    const payload = JSON.stringify({ userId: 'gone', to: email, language: 'fr', at: new Date() })
    await sql`
      insert into mail (key, kind, payload, created_at, due_at, leased_until, attempts)
      values ('account-deleted:gone', 'account-deleted', ${payload}, ${Date.now()}, 0, 0, 0)`.execute(
      server.database().kysely,
    )
    await expect.poll(() => mailsOf(smtp), patient).toEqual([`${email}: You deleted your account`])
  })

  test('takes 9,000 mails; then a reset is refused as an outage, and the notice of a change is taken all the same', async () => {
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${await freePort()}` } })
    const owner = await signUpDevice(server)
    await fillQueue(server, 9_000)
    const refused = await server.browser().post('/api/auth/request-password-reset', { email: owner.email })
    expect(refused.status).toBe(503)
    const passwords = { currentPassword: PASSWORD, newPassword: 'another good password' }
    expect((await owner.post('/api/auth/change-password', passwords)).status).toBe(200)
    const signIn = { email: owner.email, password: passwords.newPassword }
    expect((await server.browser().post('/api/auth/sign-in/email', signIn)).status).toBe(200)
    const added = async () => (await rowsOf(server, 'mail')).map(({ kind }) => kind).filter((kind) => kind !== 'reset')
    await expect.poll(added, patient).toEqual(['password-changed', 'new-device'])
  })

  test('takes 10,000 mails of all kinds, and a sign-in goes on', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const { email } = await signUpDevice(server)
    await fillQueue(server, 10_000)
    await server.browser().signIn(email)
    expect((await rowsOf(server, 'device')).filter(({ unnotifiedSince }) => unnotifiedSince !== null)).toHaveLength(1)
  })
})
