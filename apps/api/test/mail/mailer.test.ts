/* oxlint-disable max-lines -- One server serves all of it. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createPasskey } from '@rollcall/dev-auth'
import { describe, expect, test } from 'vitest'
import {
  accountDeletedMessage,
  accountExistsMessage,
  passkeyChangedMessage,
  confirmEmailMessage,
  emailChangedMessage,
  emailTakenMessage,
  finishSignUpMessage,
  secondFactorChangedMessage,
  newDeviceMessage,
  passwordChangedMessage,
  passwordRemovedMessage,
  proofCodeMessage,
  passwordChoiceMessage,
  passwordRequiredMessage,
  resetMessage,
} from '../../src/mail/messages.js'
import { codeOf, newEmail, PASSWORD, signUpDevice, startServer } from '../helpers.js'
import { ceremonies } from '../passkeys-helpers.js'
import { untilMailsLeft } from './queue-helpers.js'
import { linkIn, startSmtp } from './smtp.js'

async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 3_000; i += 1) {
    const found = await look()
    if (found !== undefined) return found
    await pause(10)
  }
  throw new Error('It did not happen within 30 s')
}

test('a reset mail reaches a real SMTP server, and its link sets a password once', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({
    env: { SMTP_URL: `${smtp.url}?from=${encodeURIComponent('Roll Call <hello@example.org>')}` },
  })
  expect(server.outbox).toBeNull()
  const device = await signUpDevice(server)
  const asked = await server
    .browser()
    .post('/api/auth/request-password-reset', { email: device.email, redirectTo: '/reset-password' })
  expect(asked.status).toBe(200)

  const mail = await eventually(() => smtp.received[0])
  expect({ from: mail.from, to: mail.to }).toEqual({ from: 'hello@example.org', to: [device.email] })
  expect(mail.message).toMatch(/^From: Roll Call <hello@example\.org>\r$/m)
  expect(mail.message).toMatch(/^Subject: Choose a new password\r$/m)
  expect(mail.message).toMatch(/^Auto-Submitted: auto-generated\r$/m)
  expect(mail.message).toMatch(/^Content-Type: text\/plain/m)
  expect(mail.message).toMatch(/^Content-Type: text\/html/m)
  const link = linkIn(mail, 'reset-password')
  expect(link.origin).toBe(server.baseUrl)
  const token = link.searchParams.get('token') ?? ''

  const check = (kind: string, of: string) => server.browser().post('/api/link', { kind, token: of })
  for (let opened = 0; opened < 2; opened += 1) {
    const answer = await check('reset-password', token)
    expect([answer.status, await answer.json()]).toEqual([200, { signIn: null }])
  }
  expect((await check('secure-account', token)).status).toBe(400)

  const reset = () => server.browser().post('/api/auth/reset-password', { token, newPassword: 'another good password' })
  expect((await reset()).status).toBe(200)
  expect((await reset()).status).toBe(400)
  const dead = await check('reset-password', token)
  expect([dead.status, await dead.json()]).toEqual([
    400,
    { code: 'INVALID_TOKEN', message: 'This link does not work any more' },
  ])
  expect(await codeOf(device.api.session.current.query())).toBe('UNAUTHORIZED')
  const signIn = (password: string) =>
    server.browser().post('/api/auth/sign-in/email', { email: device.email, password })
  expect((await signIn(PASSWORD)).status).toBe(401)
  expect((await signIn('another good password')).status).toBe(200)
  expect(JSON.stringify(server.lines())).not.toContain(token)
})

test('the link of a mail about a new device names the sign-in, and works after it was looked at', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const { email } = await signUpDevice(server)
  const phone = server.browser({
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0',
  })
  await phone.signIn(email)
  const token = linkIn(await eventually(() => smtp.received[0]), 'secure-account').searchParams.get('token') ?? ''
  const check = () => server.browser().post('/api/link', { kind: 'secure-account', token })
  const [session] = await phone.api.devices.list.query()
  for (let opened = 0; opened < 2; opened += 1) {
    const answer = await check()
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        signIn: {
          browser: 'Firefox',
          os: 'Linux',
          name: null,
          ipAddress: '127.0.0.1',
          place: { kind: 'local' },
          at: session?.createdAt,
        },
        additions: [],
      },
    ])
  }
  expect((await server.browser().post('/api/auth/secure-account', { token })).status).toBe(200)
  expect((await check()).status).toBe(400)
  expect(JSON.stringify(server.lines())).not.toContain(token)
})

test('an answer does not wait for the mail server, and says the same without an account', async () => {
  await using smtp = await startSmtp({ holds: true })
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const device = await signUpDevice(server)
  const ask = async (email: string) => {
    const response = await server.browser().post('/api/auth/request-password-reset', { email })
    return { status: response.status, body: await response.text() }
  }
  expect(await ask(device.email)).toEqual(await ask(newEmail()))
  await eventually(() => smtp.received[0]) // it still hangs in there
  let isAnswered = false
  setTimeout(() => {
    isAnswered = true
    smtp.answer()
  }, 500) // longer than all else takes
  await server.close()
  expect(isAnswered, 'it waits for the mail under way').toBe(true)
  expect(server.lines().filter(({ level }) => level === 'error')).toEqual([])
  expect(smtp.received).toHaveLength(1)
})

test('without SMTP_URL a mail lands in a file that only its owner reads, and the log says where', async () => {
  await using server = await startServer()
  const { email } = await signUpDevice(server)
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
  expect(linkIn({ message: mail }, 'reset-password').origin).toBe(server.baseUrl)
})

test('a mail says nothing that the owner of the account could have written', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url, BASE_URL: 'https://rollcall.example' } })
  const email = newEmail()
  const device = server.browser()
  const body = { email, password: PASSWORD, name: 'Win at https://evil.example <b>' }
  expect((await device.post('/api/auth/sign-up/email', body)).status).toBe(200)
  await device.post('/api/auth/request-password-reset', { email })
  const { message } = await eventually(() => smtp.received[0])
  expect(message).toContain('From: Rollcall <no-reply@rollcall.example>')
  expect(message).not.toMatch(/evil|Win at/)
  const link = {
    language: 'en',
    baseUrl: 'https://rollcall.example',
    url: 'https://rollcall.example/?token="><b>',
  } as const
  expect(resetMessage(link).html).not.toContain('<b>')
})

test('a mail is in the language that its reader chose: at the sign-up, and later on the page', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const email = newEmail()
  const device = server.browser()
  const signUp = (language: unknown) =>
    device.post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Ada', language })
  expect((await signUp('German')).status).toBe(400)
  expect((await signUp('de')).status).toBe(200)
  const subjectOf = async (n: number) =>
    /^Subject: (.*)\r$/m.exec((await eventually(() => smtp.received[n])).message)?.[1]

  await server.browser().signIn(email)
  expect(await subjectOf(0)).toContain('Neues_Ger') // encoded, as it has an umlaut
  expect(await device.api.account.setLanguage.mutate({ language: 'en' })).toEqual({ language: 'en' })
  await server.browser().signIn(email)
  expect(await subjectOf(1)).toBe('New device signed in to your account')
  // The page may have a language that mails do not have.
  await device.api.account.setLanguage.mutate({ language: 'fr' })
  await device.post('/api/auth/request-password-reset', { email })
  expect(await subjectOf(2)).toBe('Choose a new password')
  expect(await codeOf(device.api.account.setLanguage.mutate({ language: '' }))).toBe('BAD_REQUEST')
})

test('the owner of a changed password gets a mail, whichever way it was changed', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const device = await signUpDevice(server)
  const mails = () => smtp.received.map(({ message }) => /^Subject: (.*)\r$/m.exec(message)?.[1])
  const refused = { currentPassword: 'a wrong password', newPassword: 'another good password' }
  expect((await device.post('/api/auth/change-password', refused)).status).not.toBe(200)
  await untilMailsLeft(server)
  expect(mails()).toEqual([])
  const changed = await device.post('/api/auth/change-password', { ...refused, currentPassword: PASSWORD })
  expect(changed.status).toBe(200)
  await eventually(() => smtp.received[0])
  expect(mails()).toEqual(['Your password was changed'])
  expect(smtp.received[0]?.to).toEqual([device.email])
  expect(smtp.received[0]?.message).toContain(`${server.baseUrl}/forgot-password`)

  await device.post('/api/auth/request-password-reset', { email: device.email })
  const token = linkIn(await eventually(() => smtp.received[1]), 'reset-password').searchParams.get('token')
  await server.browser().post('/api/auth/reset-password', { token, newPassword: 'a third good password' })
  await eventually(() => smtp.received[2])
  expect(mails().at(-1)).toBe('Your password was changed')
})

test('the owner of a passkey gets a mail when it is added, and when it is removed', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const device = await signUpDevice(server)
  expect((await createPasskey(server.baseUrl).register(ceremonies(device), { name: 'Laptop' })).status).toBe(200)
  const [passkey] = await device.api.passkeys.list.query()
  await ceremonies(device).post('/passkey/remove', { id: passkey?.id })
  const mails = () => smtp.received.map(({ message }) => /^Subject: (.*)\r$/m.exec(message)?.[1])
  await eventually(() => smtp.received[1])
  expect(mails().toSorted()).toEqual(['A passkey was added to your account', 'A passkey was removed from your account'])
  for (const { to, message } of smtp.received) {
    expect(to).toEqual([device.email])
    expect(message).toContain(`${server.baseUrl}/security`)
  }
})

describe.each(['en', 'de'] as const)('each mail in %s', (language) => {
  const context = { language, baseUrl: 'https://rollcall.example', url: 'https://rollcall.example/somewhere?token=1' }
  const at = new Date('2026-11-28T12:00:00Z')
  const device = { browser: 'Unknown browser', os: '' }
  const messages = {
    reset: resetMessage(context),
    'password required': passwordRequiredMessage(context),
    'password choice': passwordChoiceMessage(context),
    'new device': newDeviceMessage({ device, ipAddress: null, place: null, at }, context),
    'new device, with a place': newDeviceMessage(
      {
        device: { browser: 'Chrome', os: 'Android' },
        ipAddress: '192.0.2.1',
        place: { kind: 'country', code: 'FR' },
        at,
      },
      context,
    ),
    'password changed': passwordChangedMessage('changed', at, context),
    'password set': passwordChangedMessage('set', at, context),
    'code that proves': proofCodeMessage('12345678', context),
    'password removed': passwordRemovedMessage(at, context),
    'account deleted': accountDeletedMessage(at, context),
    'passkey added': passkeyChangedMessage('added', at, context),
    'passkey removed': passkeyChangedMessage('removed', at, context),
    'new address, to the old one': confirmEmailMessage('old', context),
    'new address, to the new one': confirmEmailMessage('new', context),
    'new address that is taken': emailTakenMessage(context),
    'sign-up': finishSignUpMessage(context),
    'sign-up with the address of an account': accountExistsMessage(context),
    'address changed': emailChangedMessage(at, context),
    'second factor on': secondFactorChangedMessage('on', at, context),
    'second factor off': secondFactorChangedMessage('off', at, context),
    'backup codes renewed': secondFactorChangedMessage('renewed', at, context),
  }

  test.each(Object.entries(messages))('says the same as text and as HTML: %s', (_name, { subject, text, html }) => {
    expect(html).toContain(`<html lang="${language}">`)
    const words = html
      .slice(html.indexOf('<body'))
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    const more = text.includes('/forgot-password')
      ? 'https://rollcall.example/forgot-password'
      : 'https://rollcall.example/'
    const links = [context.url, more]
    for (const link of links) expect(html).toContain(`href="${link}"`)
    const lines = text.split(/\n+/).filter((line) => !links.includes(line))
    for (const line of lines) expect(words).toContain(line.replace(/:$/, ''))
    expect(subject).not.toBe('')
  })

  test('names the place of a new device, then its address', () => {
    const { from, nowhere } = {
      en: {
        from: 'Chrome on Android, from France (approximate), IP address 192.0.2.1, on ',
        nowhere: 'Unknown browser, from an unknown place, unknown IP address, on ',
      },
      de: {
        from: 'Chrome auf Android, Ort: Frankreich (ungefähr), IP-Adresse 192.0.2.1, am ',
        nowhere: 'Unbekannter Browser, Ort: unbekannt, unbekannte IP-Adresse, am ',
      },
    }[language]
    expect(messages['new device, with a place'].text).toContain(from)
    expect(messages['new device'].text).toContain(nowhere)
  })

  test('reads as people write', () => {
    for (const { subject, text } of Object.values(messages))
      expect(`${subject}\n${text}`).not.toMatch(
        /\b(can|could|do|did|is|was)( ?not)\b|'|\be-mail|\b(a|this) mail\b|\blog (in|out)\b/,
      )
  })

  test('promises nothing of an account that is deleted, or of a password that the account may not have', () => {
    const { hasAccount, keepsPassword, mayKnowPassword } = {
      en: {
        hasAccount: 'have an account',
        keepsPassword: 'your password stays',
        mayKnowPassword: 'know your password',
      },
      de: { hasAccount: 'ein Konto haben', keepsPassword: 'Ihr Passwort bleibt', mayKnowPassword: 'Ihr Passwort' },
    }[language]
    expect(messages['account deleted'].text).not.toContain(hasAccount)
    expect(messages.reset.text).not.toContain(keepsPassword)
    expect(messages['new device'].text).not.toContain(mayKnowPassword)
  })

  test('names the device, the place and the time in its own words', () => {
    const { text } = messages['new device, with a place']
    expect(text).toContain(language === 'de' ? 'Chrome auf Android' : 'Chrome on Android')
    expect(text).toContain(language === 'de' ? 'Frankreich' : 'France')
    expect(text).toContain(language === 'de' ? '28. November 2026' : '28 November 2026')
    expect(messages['new device'].text).toContain(language === 'de' ? 'Unbekannter Browser' : 'Unknown browser')
  })
})
