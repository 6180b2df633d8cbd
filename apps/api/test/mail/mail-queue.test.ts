import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, startRedis } from '@rollcall/dev-redis'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { databaseOf, newEmail, PASSWORD, SECRET, signedUp, startServer, type TestServer } from '../helpers.js'
import { linkIn, startSmtp, type TestSmtp } from './smtp.js'

const patient = { timeout: 30_000, interval: 20 }

async function askReset(server: TestServer, email: string): Promise<void> {
  const response = await server.browser().post('/api/auth/request-password-reset', { email })
  expect(response.status, await response.clone().text()).toBe(200)
}

/** Everybody's mails: to whom, and about what. */
const mailsOf = ({ received }: TestSmtp): string[] =>
  received.map(({ to, message }) => `${to.join()}: ${/^Subject: (.*)\r$/m.exec(message)?.[1] ?? ''}`)

const RESET = 'Choose a new password'
const NEW_DEVICE = 'New device signed in to your account'

async function rowsOf(server: Pick<TestServer, 'database'>, table: string): Promise<Record<string, unknown>[]> {
  const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(
    server.database().kysely,
  )
  return rows
}

/** With mails that are due in an hour. */
async function fillQueue(server: TestServer): Promise<void> {
  const later = Date.now() + 60 * 60_000
  await sql`
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 10000)
    insert into mail (key, kind, payload, created_at, due_at, leased_until, attempts)
    select 'filler:' || n, 'reset', '{}', ${later}, ${later}, 0, 0 from numbers`.execute(server.database().kysely)
}

/** Adds a reset that was tried so often before. It is due. */
async function addTried(server: TestServer, email: string, attempts: number): Promise<void> {
  const now = Date.now()
  await sql`
    insert into mail (key, kind, payload, created_at, due_at, leased_until, attempts)
    values (${`reset:${email}`}, 'reset', ${JSON.stringify({ email })}, ${now}, ${now}, 0, ${attempts})`.execute(
    server.database().kysely,
  )
}

describe('a mail that is not accepted at once', () => {
  test('is sent later after a 450 and a 451: a reset, and one about a new device', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signedUp(server)
    smtp.answerWith(() => ([450, 451, 451] as const)[smtp.recipients() - 1] ?? 'accept')
    await askReset(server, email)
    await server.browser().signIn(email)
    await expect
      .poll(() => mailsOf(smtp).toSorted(), patient)
      .toEqual([`${email}: ${RESET}`, `${email}: ${NEW_DEVICE}`].toSorted())
    expect(smtp.recipients()).toBe(5)
    await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
  })

  test('waits for a mail server that is away, and is sent when it is back', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://someone:topsecret@127.0.0.1:${port}` } })
    const { email } = await signedUp(server)
    await server.browser().signIn(email)
    await askReset(server, email)
    await expect
      .poll(() => server.lines().find(({ msg }) => msg === 'A mail could not be sent'), patient)
      .toMatchObject({
        level: 'error',
        err: { code: 'ESOCKET' },
        mail: { attempts: 1, waiting: expect.any(Number), oldestMs: expect.any(Number) },
      })
    await using smtp = await startSmtp({ port })
    await expect.poll(() => mailsOf(smtp), patient).toHaveLength(2)
    expect(JSON.stringify(server.lines())).not.toMatch(/topsecret/)
    expect(server.lines().filter((line) => JSON.stringify(line).includes(email))).toEqual([])
  })

  test('is not given up for the number of its attempts', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signedUp(server)
    await addTried(server, email, 5_000)
    await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
    expect(mailsOf(smtp)).toEqual([`${email}: ${RESET}`])
  })

  test('keeps its pause while requests for addresses without an account come in', async () => {
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${await freePort()}` } })
    const { email } = await signedUp(server)
    await addTried(server, email, 8) // the next retry is minutes away
    await expect.poll(() => server.lines().some(({ msg }) => msg === 'A mail could not be sent'), patient).toBe(true)
    for (let n = 0; n < 2; n += 1) {
      await askReset(server, newEmail())
      await expect.poll(() => rowsOf(server, 'mail'), patient).toHaveLength(1)
    }
    expect(await rowsOf(server, 'mail')).toEqual([expect.objectContaining({ attempts: 9 })])
  })

  test('is given up when the mail server refuses its address for good, and only that one', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const [nobody, ada] = [await signedUp(server), await signedUp(server)]
    smtp.answerWith((address) => (address === nobody.email ? 550 : 'accept'))
    await askReset(server, nobody.email)
    await askReset(server, ada.email)
    await expect.poll(() => mailsOf(smtp), patient).toEqual([`${ada.email}: ${RESET}`])
    await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
    expect(smtp.recipients()).toBe(2)
    const line = server.lines().find(({ msg }) => msg === 'A mail was given up: the mail server refuses it')
    expect(line).toMatchObject({
      level: 'error',
      mail: { kind: 'reset', attempts: 1 },
      err: { message: 'The mail server answered 550 to RCPT TO' },
    })
    expect(JSON.stringify(server.lines())).not.toContain(nobody.email)
  })

  test('outlives a restart', async () => {
    await using redis = await startRedis()
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-mail-'))
    const port = await freePort()
    const env = { DATA_DIR: folder, SMTP_URL: `smtp://127.0.0.1:${port}` }
    let email: string
    {
      await using server = await startServer({ redis, env })
      email = (await signedUp(server)).email
      await askReset(server, email)
    }
    await using smtp = await startSmtp({ port })
    await using next = await startServer({ redis, env })
    await expect.poll(() => mailsOf(smtp), patient).toEqual([`${email}: ${RESET}`])
    const token = linkIn(smtp.received[0] ?? fail(), 'reset-password').searchParams.get('token')
    const reset = await next.browser().post('/api/auth/reset-password', { token, newPassword: 'another good password' })
    expect(reset.status).toBe(200)
    await rm(folder, { recursive: true })
  })
})

function fail(): never {
  throw new Error('There is no mail')
}

describe('between two servers', () => {
  test('each mail is sent once, and what one of them leaves behind is sent by the other', async () => {
    await using redis = await startRedis()
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-mail-'))
    await using smtp = await startSmtp()
    const env = { DATA_DIR: folder, SMTP_URL: smtp.url }
    await using one = await startServer({ redis, env })
    await using two = await startServer({ redis, env })
    const people = await Promise.all(Array.from({ length: 4 }, () => signedUp(one)))
    smtp.answerWith(() => 451)
    await Promise.all(people.map(({ email }, n) => askReset(n % 2 === 0 ? one : two, email)))
    await one.close()
    smtp.answerWith(() => 'accept')
    await expect.poll(() => mailsOf(smtp).length, patient).toBeGreaterThanOrEqual(4)
    await expect.poll(() => rowsOf(two, 'mail'), patient).toEqual([])
    expect(mailsOf(smtp).toSorted()).toEqual(people.map(({ email }) => `${email}: ${RESET}`).toSorted())
    await rm(folder, { recursive: true })
  })

  test('a mail on its way is not sent by the other one', async () => {
    await using redis = await startRedis()
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-mail-'))
    await using smtp = await startSmtp({ holds: true })
    const env = { DATA_DIR: folder, SMTP_URL: smtp.url }
    await using one = await startServer({ redis, env })
    await using two = await startServer({ redis, env })
    const { email } = await signedUp(one)
    await askReset(one, email)
    await expect.poll(() => smtp.received.length, patient).toBe(1)
    await askReset(two, newEmail()) // nobody's: the other server has looked through the queue when it is gone
    await expect.poll(async () => (await rowsOf(two, 'mail')).length, patient).toBe(1)
    expect(smtp.received).toHaveLength(1)
    smtp.answer()
    await expect.poll(() => rowsOf(two, 'mail'), patient).toEqual([])
    expect(smtp.received).toHaveLength(1)
    await rm(folder, { recursive: true })
  })

  test('a request made while its mail is on its way is a mail of its own, with a link that works', async () => {
    await using smtp = await startSmtp({ holds: true })
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signedUp(server)
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
    await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
    const token = linkIn(smtp.received[1] ?? fail(), 'reset-password').searchParams.get('token')
    expect(
      (await server.browser().post('/api/auth/reset-password', { token, newPassword: 'another good password' })).status,
    ).toBe(200)
  })
})

describe('"This was not me"', () => {
  test('is refused as an outage while no mail can be added, and its link works afterwards', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signedUp(server)
    await server.browser().signIn(email)
    await expect.poll(() => smtp.received.length, patient).toBe(1)
    const token = linkIn(smtp.received[0] ?? fail(), 'secure-account').searchParams.get('token')
    const secure = async () => (await server.browser().post('/api/auth/secure-account', { token })).status
    await fillQueue(server)
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

describe('a killed server', () => {
  const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

  async function spawnServer(env: Record<string, string | undefined>): Promise<{ url: string; child: ChildProcess }> {
    const child = spawn(process.execPath, [program], {
      env: { PATH: process.env['PATH'], PORT: '0', BETTER_AUTH_SECRET: SECRET, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    for await (const chunk of child.stdout) {
      output += String(chunk)
      const url = /listening on (\S+)/.exec(output)?.[1]
      if (url !== undefined) {
        child.stdout.resume()
        return { url, child }
      }
    }
    throw new Error(`It did not start: ${output}`)
  }

  test('leaves the mails that it has promised to the next one', async () => {
    await using redis = await startRedis()
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-mail-'))
    const port = await freePort()
    const env = {
      DATA_DIR: folder,
      REDIS_URL: redis.url,
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      ...(await databaseOf(folder)),
    }
    const { url, child } = await spawnServer(env)
    const email = newEmail()
    const post = (path: string, body: object) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { origin: url, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect((await post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Ada' })).status).toBe(200)
    expect((await post('/api/auth/sign-in/email', { email, password: PASSWORD })).status).toBe(200)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended

    await using smtp = await startSmtp({ port })
    await using next = await startServer({ redis, env: { ...env, DATABASE_URL: env.DATABASE_URL ?? '' } })
    await expect.poll(() => mailsOf(smtp), { ...patient, timeout: 45_000 }).toEqual([`${email}: ${NEW_DEVICE}`])
    await expect.poll(() => rowsOf(next, 'mail'), patient).toEqual([])
    await rm(folder, { recursive: true })
  }, 60_000)
})

describe('a new device', () => {
  test('counts as notified once the mail server has the mail, and sign-ins before that add none', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const { email } = await signedUp(server)
    const phone = server.browser()
    for (let n = 0; n < 3; n += 1) await phone.signIn(email)
    const unnotified = async () =>
      (await rowsOf(server, 'device')).filter(({ unnotifiedSince }) => unnotifiedSince !== null)
    expect(await unnotified()).toHaveLength(1)
    await using smtp = await startSmtp({ port })
    await expect.poll(unnotified, patient).toEqual([])
    await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
    expect(mailsOf(smtp)).toEqual([`${email}: ${NEW_DEVICE}`])
    await phone.signIn(email)
    expect(await rowsOf(server, 'mail')).toEqual([])
  })

  test('is told of by its next sign-in when its mail was given up', async () => {
    await using smtp = await startSmtp()
    smtp.answerWith(() => 550)
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signedUp(server)
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
    const { email } = await signedUp(server)
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
    await askReset(server, newEmail())
    await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
    expect(smtp.recipients()).toBe(0)
    expect(await rowsOf(server, 'verification')).toEqual([])
  })

  test('gives a reset up after an hour', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const { email } = await signedUp(server)
    await askReset(server, email)
    await sql`update mail set created_at = created_at - ${60 * 60_000 + 1}, due_at = 0`.execute(
      server.database().kysely,
    )
    await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
    await using smtp = await startSmtp({ port })
    expect(server.lines()).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'A mail was given up: its time is over' }),
    )
    expect(smtp.recipients()).toBe(0)
  })

  test('takes 10,000 mails; then a reset is refused as an outage, and a sign-in goes on', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const { email } = await signedUp(server)
    await fillQueue(server)
    const refused = await server.browser().post('/api/auth/request-password-reset', { email })
    expect(refused.status).toBe(503)
    await server.browser().signIn(email)
    expect((await rowsOf(server, 'device')).filter(({ unnotifiedSince }) => unnotifiedSince !== null)).toHaveLength(1)
  })
})

test.each(['mute', 'holds'] as const)(
  'a mail server that %s does not keep the server from closing, nor its mail',
  async (fault) => {
    await using redis = await startRedis()
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-mail-'))
    const smtp = await startSmtp({ [fault]: true })
    const env = { DATA_DIR: folder, DRAIN_SECONDS: '5' }
    const server = await startServer({ redis, env: { ...env, SMTP_URL: smtp.url } })
    const { email } = await signedUp(server)
    await askReset(server, email)
    await expect.poll(() => (fault === 'mute' ? smtp.connections() : smtp.received.length), patient).toBe(1)
    const started = performance.now()
    await server.close()
    expect(performance.now() - started).toBeLessThan(5_000) // a mail server may take 10 s for each step
    await smtp[Symbol.asyncDispose]()

    await using next = await startSmtp()
    await using successor = await startServer({ redis, env: { ...env, SMTP_URL: next.url } })
    await expect.poll(() => mailsOf(next), patient).toEqual([`${email}: ${RESET}`])
    await successor.close()
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  },
)
