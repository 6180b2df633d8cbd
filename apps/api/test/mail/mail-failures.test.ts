import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort, startRedis } from '@rollcall/dev-redis'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { databaseOf, newEmail, PASSWORD, SECRET, signUpDevice, startServer, type TestServer } from '../helpers.js'
import { temporaryFolder } from '../temporary-folder.js'
import { askReset, untilMailsLeft, mailsOf, NEW_DEVICE, patient, RESET, rowsOf } from './queue-helpers.js'
import { linkIn, startSmtp } from './smtp.js'

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
    const { email } = await signUpDevice(server)
    smtp.answerWith(() => ([450, 451, 451] as const)[smtp.recipients() - 1] ?? 'accept')
    await askReset(server, email)
    await server.browser().signIn(email)
    await expect
      .poll(() => mailsOf(smtp).toSorted(), patient)
      .toEqual([`${email}: ${RESET}`, `${email}: ${NEW_DEVICE}`].toSorted())
    expect(smtp.recipients()).toBe(5)
    await untilMailsLeft(server)
  })

  test('waits for a mail server that is away, and is sent when it is back', async () => {
    const port = await freePort()
    await using server = await startServer({ env: { SMTP_URL: `smtp://someone:topsecret@127.0.0.1:${port}` } })
    const { email } = await signUpDevice(server)
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

  test('hides no later one behind it, nor itself behind a later one: two new passwords are two notices', async () => {
    await using smtp = await startSmtp()
    smtp.answerWith(() => 451)
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const owner = await signUpDevice(server)
    const change = (currentPassword: string, newPassword: string) =>
      owner.post('/api/auth/change-password', { currentPassword, newPassword })
    expect((await change(PASSWORD, 'another good password')).status).toBe(200)
    server.clock.ahead = 30 * 60_000
    expect((await change('another good password', 'a third good password')).status).toBe(200)
    await expect.poll(() => rowsOf(server, 'mail'), patient).toHaveLength(2)
    smtp.answerWith(() => 'accept')
    await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
    const times = smtp.received.map(({ message }) => /was changed on[^(]*/.exec(message.replaceAll('=\r\n', ''))?.[0])
    expect(new Set(times).size).toBe(2)
    expect(times).not.toContain(undefined)
  })

  test('is not given up for the number of its attempts', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signUpDevice(server)
    await addTried(server, email, 5_000)
    await untilMailsLeft(server)
    expect(mailsOf(smtp)).toEqual([`${email}: ${RESET}`])
  })

  test('keeps its pause while requests for addresses without an account come in', async () => {
    await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${await freePort()}` } })
    const { email } = await signUpDevice(server)
    await addTried(server, email, 8) // the next retry is minutes away
    await expect.poll(() => server.lines().some(({ msg }) => msg === 'A mail could not be sent'), patient).toBe(true)
    for (let n = 0; n < 2; n += 1) {
      await askReset(server, newEmail())
      await expect.poll(() => rowsOf(server, 'mail'), patient).toHaveLength(1)
    }
    expect(await rowsOf(server, 'mail')).toEqual([expect.objectContaining({ attempts: 9 })])
  })

  test('holds no other up, although the mail server hangs up at it and at many like it', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const { email } = await signUpDevice(server)
    smtp.answerWith((address) => (address === email ? 'accept' : 421))
    for (let n = 0; n < 10; n += 1) await addTried(server, (await signUpDevice(server)).email, 8)
    await expect.poll(() => server.lines().some(({ msg }) => msg === 'A mail could not be sent'), patient).toBe(true)
    await askReset(server, email)
    await expect.poll(() => mailsOf(smtp), patient).toEqual([`${email}: ${RESET}`])
  })

  test('is given up when the mail server refuses its address for good, and only that one', async () => {
    await using smtp = await startSmtp()
    await using server = await startServer({ env: { SMTP_URL: smtp.url } })
    const [nobody, ada] = [await signUpDevice(server), await signUpDevice(server)]
    smtp.answerWith((address) => (address === nobody.email ? 550 : 'accept'))
    await askReset(server, nobody.email)
    await askReset(server, ada.email)
    await expect.poll(() => mailsOf(smtp), patient).toEqual([`${ada.email}: ${RESET}`])
    await untilMailsLeft(server)
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
    await using folder = await temporaryFolder('mail')
    const port = await freePort()
    const env = { DATA_DIR: folder.path, SMTP_URL: `smtp://127.0.0.1:${port}` }
    let email: string
    {
      await using server = await startServer({ redis, env })
      email = (await signUpDevice(server)).email
      await askReset(server, email)
    }
    await using smtp = await startSmtp({ port })
    await using next = await startServer({ redis, env })
    await expect.poll(() => mailsOf(smtp), patient).toEqual([`${email}: ${RESET}`])
    const token = linkIn(smtp.received[0] ?? fail(), 'reset-password').searchParams.get('token')
    const reset = await next.browser().post('/api/auth/reset-password', { token, newPassword: 'another good password' })
    expect(reset.status).toBe(200)
  })
})

function fail(): never {
  throw new Error('There is no mail')
}

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
    await using folder = await temporaryFolder('mail')
    const port = await freePort()
    const env = {
      DATA_DIR: folder.path,
      REDIS_URL: redis.url,
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      SIGN_UP: 'direct',
      ...(await databaseOf(folder.path)),
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
    await untilMailsLeft(next)
  }, 60_000)
})

test.each(['mute', 'holds'] as const)(
  'a mail server that %s does not keep the server from closing, nor its mail',
  async (fault) => {
    await using redis = await startRedis()
    await using folder = await temporaryFolder('mail')
    const smtp = await startSmtp({ [fault]: true })
    const env = { DATA_DIR: folder.path, DRAIN_SECONDS: '20' }
    const server = await startServer({ redis, env: { ...env, SMTP_URL: smtp.url } })
    const { email } = await signUpDevice(server)
    await askReset(server, email)
    await expect.poll(() => (fault === 'mute' ? smtp.connections() : smtp.received.length), patient).toBe(1)
    const started = performance.now()
    await server.close()
    expect(performance.now() - started).toBeLessThan(9_000) // a mail server may take 10 s for each step
    await smtp[Symbol.asyncDispose]()

    await using next = await startSmtp()
    await using successor = await startServer({ redis, env: { ...env, SMTP_URL: next.url } })
    await expect.poll(() => mailsOf(next), patient).toEqual([`${email}: ${RESET}`])
    await successor.close()
    await server[Symbol.asyncDispose]()
  },
)
