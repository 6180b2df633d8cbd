import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'
import { expect, test } from 'vitest'
import { createLog } from '../src/log.js'
import { createMailer } from '../src/mailer.js'
import { codeOf, newEmail, PASSWORD, signedUp, startServer } from './helpers.js'

interface Received {
  readonly from: string
  readonly to: string[]
  readonly message: string
}

/** A mail server that keeps what it is sent, or leaves its clients waiting. */
async function startSmtp({ hangs = false } = {}) {
  const received: Received[] = []
  const waiting: (() => void)[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData: (stream, { envelope: { mailFrom, rcptTo } }, done) => {
      let message = ''
      stream.setEncoding('utf8').on('data', (chunk: string) => (message += chunk))
      stream.on('end', () => {
        received.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), message })
        if (hangs) waiting.push(done)
        else done()
      })
    },
  })
  smtp.on('error', () => undefined)
  smtp.listen(0, '127.0.0.1')
  await once(smtp.server, 'listening')
  return {
    url: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    received,
    answer: () => waiting.splice(0).forEach((done) => done()),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => smtp.close(resolve)),
  }
}

async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 300; i += 1) {
    const found = await look()
    if (found !== undefined) return found
    await pause(10)
  }
  throw new Error('It did not happen within 3 s')
}

const linkIn = (mail: string): string => {
  const plain = mail.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  const link = /https?:\/\/\S+\/reset-password\?token=[\w-]+/.exec(plain)?.[0]
  if (link === undefined) throw new Error(`There is no link in ${mail}`)
  return link
}

test('a reset mail reaches a real SMTP server, and its link sets a password once', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: `${smtp.url}?from=${encodeURIComponent('Roll Call <hello@example.org>')}` } })
  expect(server.outbox).toBeNull()
  const device = await signedUp(server)
  const asked = await server.browser().post('/api/auth/request-password-reset', { email: device.email, redirectTo: '/reset-password' })
  expect(asked.status).toBe(200)

  const mail = await eventually(() => smtp.received[0])
  expect({ from: mail.from, to: mail.to }).toEqual({ from: 'hello@example.org', to: [device.email] })
  expect(mail.message).toMatch(/^From: Roll Call <hello@example\.org>\r$/m)
  expect(mail.message).toMatch(/^Subject: Choose a new password\r$/m)
  expect(mail.message).toMatch(/^Auto-Submitted: auto-generated\r$/m)
  expect(mail.message).toMatch(/^Content-Type: text\/plain/m)
  expect(mail.message).toMatch(/^Content-Type: text\/html/m)
  const link = new URL(linkIn(mail.message))
  expect(link.origin).toBe(server.baseUrl)
  const token = link.searchParams.get('token') ?? ''

  const reset = () => server.browser().post('/api/auth/reset-password', { token, newPassword: 'another good password' })
  expect((await reset()).status).toBe(200)
  expect((await reset()).status).toBe(400)
  expect(await codeOf(device.api.session.current.query())).toBe('UNAUTHORIZED')
  const signIn = (password: string) => server.browser().post('/api/auth/sign-in/email', { email: device.email, password })
  expect((await signIn(PASSWORD)).status).toBe(401)
  expect((await signIn('another good password')).status).toBe(200)
  expect(JSON.stringify(server.lines())).not.toContain(token)
})

test('an answer does not wait for the mail server, and says the same without an account', async () => {
  await using smtp = await startSmtp({ hangs: true })
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const device = await signedUp(server)
  const ask = async (email: string) => {
    const response = await server.browser().post('/api/auth/request-password-reset', { email })
    return { status: response.status, body: await response.text() }
  }
  expect(await ask(device.email)).toEqual(await ask(newEmail()))
  await eventually(() => smtp.received[0]) // it still hangs in there
  setTimeout(smtp.answer, 100)
  await server.close() // waits for the mail under way
  expect(server.lines().filter(({ level }) => level === 'error')).toEqual([])
  expect(smtp.received).toHaveLength(1)
})

test('a mail server that is away costs the mail and a log line, nothing else', async () => {
  await using server = await startServer({ env: { SMTP_URL: 'smtp://someone:topsecret@127.0.0.1:1' } })
  const { email } = await signedUp(server)
  expect((await server.browser().post('/api/auth/request-password-reset', { email })).status).toBe(200)
  const line = await eventually(() => server.lines().find(({ msg }) => msg === 'A mail could not be sent'))
  expect(line).toMatchObject({ level: 'error', err: { code: 'ESOCKET' } })
  expect(JSON.stringify(server.lines())).not.toMatch(/topsecret/)
  expect(JSON.stringify(line)).not.toContain(email)
})

test('without SMTP_URL a mail lands in a file that only its owner reads, and the log says where', async () => {
  await using server = await startServer()
  const { email } = await signedUp(server)
  await server.browser().post('/api/auth/request-password-reset', { email })
  const line = await eventually(() => server.lines().find(({ file }) => file !== undefined))
  const outbox = join(server.dataDir, 'outbox')
  expect(server.outbox).toBe(outbox)
  const [name = '', ...more] = await readdir(outbox)
  expect(more).toEqual([])
  expect(name).toMatch(/^\d{4}-\d\d-\d\dT[\d.-]+Z-[\da-f]{6}\.eml$/)
  expect(line['file']).toBe(join(outbox, name))
  expect((await stat(outbox)).mode & 0o777).toBe(0o700)
  expect((await stat(join(outbox, name))).mode & 0o777).toBe(0o600)
  const mail = await readFile(join(outbox, name), 'utf8')
  expect(mail).toContain(`To: ${email}`)
  expect(linkIn(mail)).toContain(server.baseUrl)
})

test('a mail says nothing that the owner of the account could have written', async () => {
  const outbox = await mkdtemp(join(tmpdir(), 'rollcall-outbox-'))
  const mailer = createMailer({ smtpUrl: undefined, outbox, baseUrl: 'https://rollcall.example', log: createLog({ write: () => undefined }) })
  mailer.sendResetPassword({ to: 'ada@example.org', name: 'Win at https://evil.example <b>', url: 'https://rollcall.example/reset-password?token="><b>' })
  await mailer.close()
  const [name = ''] = await readdir(outbox)
  const mail = await readFile(join(outbox, name), 'utf8')
  expect(mail).toContain('From: Rollcall <no-reply@rollcall.example>')
  expect(mail).not.toMatch(/evil|Win at/)
  expect(mail.split('text/html')[1]).not.toContain('<b>')
  await rm(outbox, { recursive: true })
})
