/* oxlint-disable max-lines -- One server serves all of it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failCommand } from './fail-command.js'
import { entriesOf } from './activity-entries.js'
import { codeOf, turnOn } from './authenticator.js'
import { holdQuery } from './hold-query.js'
import {
  type Browser,
  countOn,
  PASSWORD,
  signed,
  signUpDevice,
  startServer,
  type TestServer,
  tokenOf,
} from './helpers.js'

const DAY = 24 * 60 * 60_000

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const send = (device: Browser, action: string, body: object) => device.post(`/api/auth/two-factor/${action}`, body)
const give = (device: Browser, code: string, more: object = {}) => send(device, 'verify-totp', { code, ...more })
const giveBackup = (device: Browser, code = '') => send(device, 'verify-backup-code', { code })
const change = (device: Browser, action: string, more: object = {}) =>
  send(device, action, { password: PASSWORD, ...more })
const isSignedIn = async (device: Browser) => (await device.request('/trpc/session.current')).status === 200

/** How the person can prove who they are, which is what the page asks. */
async function methodsOf(device: Browser): Promise<string[]> {
  const answer = await device.request('/api/auth/reauthenticate/methods')
  return ((await answer.json()) as { methods: { kind: string }[] }).methods.map(({ kind }) => kind)
}

/** Somebody with a second factor, on a laptop and on a phone. */
async function signUpWithFactor() {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  return { laptop, phone, email: laptop.email, ...(await turnOn(laptop)) }
}

/** A new browser in which the password was given. */
async function signInWithoutCode(email: string): Promise<Browser> {
  const device = server.browser()
  const answer = await device.signIn(email)
  expect(await answer.json()).toMatchObject({ twoFactorRedirect: true, twoFactorMethods: ['totp'] })
  return device
}

describe('a sign-in', () => {
  test('with the password alone is no session; with the code it is one, of the method "two-factor"', async () => {
    const { email, totpURI } = await signUpWithFactor()
    const device = await signInWithoutCode(email)
    expect(device.jar.has('rollcall.session_token')).toBe(false)
    expect(await isSignedIn(device)).toBe(false)
    const code = codeOf(totpURI, 1)
    expect((await give(device, `${code.slice(0, 3)} ${code.slice(3)}`)).status).toBe(200) // as apps show it
    const [current] = await device.api.devices.list.query()
    expect(current).toMatchObject({ isCurrent: true, signInMethod: { kind: 'two-factor' } })
  })

  test('is in the activity once, and not before its code', async () => {
    const { laptop, email, totpURI } = await signUpWithFactor()
    const types = async () => (await entriesOf(laptop)).map(({ type }) => type)
    const before = await types()
    const device = await signInWithoutCode(email)
    expect(await types()).toEqual(before)
    expect((await give(device, codeOf(totpURI, 1), { trustDevice: true })).status).toBe(200)
    expect(await types()).toEqual(['signed-in-first', ...before])
    await device.post('/api/auth/sign-out', {})
    await device.signIn(email) // no code is due
    expect(await isSignedIn(device)).toBe(true)
    expect(await types()).toEqual(['signed-in', 'signed-out', 'signed-in-first', ...before])
  })

  test('takes each code once, also if two browsers give it at the same moment', async () => {
    const { email, code: used, totpURI, backupCodes } = await signUpWithFactor()
    const [first, second] = [await signInWithoutCode(email), await signInWithoutCode(email)]
    const replayed = await give(first, used)
    expect(replayed.status, 'it has turned the factor on').toBe(401)
    expect(await replayed.json()).toMatchObject({ code: 'INVALID_CODE' })
    const code = codeOf(totpURI, 1)
    const statuses = (await Promise.all([give(first, code), give(second, code)])).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([200, 401])
    const rest = statuses[0] === 401 ? first : second
    expect((await giveBackup(rest, backupCodes[0])).status).toBe(200)
    expect((await giveBackup(await signInWithoutCode(email), backupCodes[0])).status).toBe(401)
  })

  test('tries ten wrong codes of an account in an hour, in however many browsers', async () => {
    const { laptop, email, totpURI } = await signUpWithFactor()
    const { user } = await laptop.api.session.current.query()
    await countOn(server.redis, 8, ['code:account', user.id])
    for (let n = 0; n < 2; n += 1) expect((await give(await signInWithoutCode(email), '000000')).status).toBe(401)
    const refused = await give(await signInWithoutCode(email), codeOf(totpURI, 1))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
    expect((await change(laptop, 'disable')).status, 'the owner is not locked out').toBe(200)
  })

  test('has no more tries where the browser also has a session of somebody else, which may end meanwhile', async () => {
    const { laptop, email, totpURI } = await signUpWithFactor()
    const { user } = await laptop.api.session.current.query()
    const [thief, device] = [await signUpDevice(server), await signInWithoutCode(email)]
    for (const [name, value] of thief.jar) device.jar.set(name, value)
    expect((await give(device, '000000')).status, 'judged for the session, which has no second factor').toBe(400)
    await countOn(server.redis, 10, ['code:account', user.id])
    expect((await give(device, codeOf(totpURI, 1))).status).toBe(429)
    expect((await giveBackup(device, 'wrong')).status).toBe(429)
  })

  test('is a 503 in an outage in the middle, which uses up no code', async () => {
    const { email, totpURI } = await signUpWithFactor()
    const device = await signInWithoutCode(email)
    const code = codeOf(totpURI, 1)
    for (let n = 1, status = 503; status === 503; n += 1) {
      const failing = failCommand(n, 'never sent')
      const answer = await give(device, code)
      failing[Symbol.dispose]()
      status = answer.status
      expect([200, 503]).toContain(status)
      if (status === 503) expect(answer.headers.getSetCookie()).toEqual([])
      else expect(await isSignedIn(device)).toBe(true)
    }
  })
})

describe('turning it on', () => {
  test('counts after the first right code, keeps the other devices, and ends them if asked to', async () => {
    const { email, ...laptop } = await signUpDevice(server)
    const phone = server.browser()
    await phone.signIn(email)
    const { totpURI } = (await (await change(laptop, 'enable')).json()) as { totpURI: string }
    expect(await (await server.browser().signIn(email)).json()).not.toHaveProperty('twoFactorRedirect')
    expect((await give(laptop, '000000')).status).toBe(401)
    expect(await methodsOf(laptop)).toEqual(['password'])
    expect((await give(laptop, codeOf(totpURI))).status).toBe(200)
    expect(await methodsOf(laptop)).toEqual(['password', 'two-factor'])
    await signInWithoutCode(email)
    expect(await isSignedIn(phone)).toBe(true)
    expect(server.audits().at(-1)).toMatchObject({ event: 'second-factor-on', result: 'ok' })

    await change(laptop, 'disable', { revokeOtherSessions: false })
    const again = (await (await change(laptop, 'enable')).json()) as { totpURI: string }
    expect((await give(laptop, codeOf(again.totpURI), { revokeOtherSessions: true })).status).toBe(200)
    expect([await isSignedIn(laptop), await isSignedIn(phone)]).toEqual([true, false])
  })

  test('off keeps this device signed in, whichever command Redis does not get', async () => {
    let { laptop } = await signUpWithFactor()
    const made: boolean[] = []
    for (let n = 1, isReached = true; isReached; n += 1) {
      {
        using failing = failCommand(n, 'never sent')
        await change(laptop, 'disable')
        isReached = failing.reached()
      }
      expect(await isSignedIn(laptop), `command ${n}`).toBe(true)
      made.push(!(await methodsOf(laptop)).includes('two-factor'))
      if (made.at(-1)) ({ laptop } = await signUpWithFactor())
    }
    expect(made).toContain(false)
    expect(made.at(-1)).toBe(true)
  })

  test.each(['enable', 'disable', 'generate-backup-codes'])(
    '%s takes the password, which can be guessed ten times',
    async (action) => {
      const { laptop } = await signUpWithFactor()
      const missing = await send(laptop, action, {})
      expect([missing.status, await missing.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'VALIDATION_ERROR' }),
      ])
      const wrong = await send(laptop, action, { password: 'not the password' })
      expect([wrong.status, await wrong.json()]).toEqual([400, expect.objectContaining({ code: 'INVALID_PASSWORD' })])
      const { id, user, createdAt } = await laptop.api.session.current.query()
      await countOn(server.redis, 9, ['proof:session', user.id, id, createdAt])
      expect((await change(laptop, action)).status).toBe(429)
    },
  )

  test('twice at once makes one secret, whose code signs in', async () => {
    const laptop = await signUpDevice(server)
    const phone = server.browser()
    await phone.signIn(laptop.email)
    using look = holdQuery(/from "twoFactor"/)
    const first = change(laptop, 'enable')
    await look.held
    const { totpURI } = (await (await change(phone, 'enable')).json()) as { totpURI: string }
    look.open()
    const slower = await first
    expect([slower.status, await slower.json()]).toMatchObject([409, { code: 'ENROLLMENT_UNDER_WAY' }])
    expect((await give(laptop, codeOf(totpURI))).status).toBe(200)
    expect((await give(await signInWithoutCode(laptop.email), codeOf(totpURI, 1))).status).toBe(200)
  })

  test('of an account without a password takes a recent proof', async () => {
    const device = await signUpDevice(server)
    const { user } = await device.api.session.current.query()
    await server
      .database()
      .kysely.withTables<{ account: { userId: string; password: string | null } }>()
      .updateTable('account')
      .set({ password: null })
      .where('userId', '=', user.id)
      .execute()
    expect(await methodsOf(device)).toEqual(['email-code'])
    try {
      server.clock.ahead = 15 * 60_000
      const old = await send(device, 'enable', {})
      expect([old.status, await old.json()]).toEqual([403, expect.objectContaining({ code: 'REAUTHENTICATE' })])
      for (const action of ['enable', 'disable', 'generate-backup-codes'])
        expect((await change(device, action)).status, `${action}: no password proves anything here`).toBe(403)
    } finally {
      server.clock.ahead = 0
    }
    expect((await send(device, 'enable', {})).status).toBe(200)
  })

  test('has no other way than an authenticator app', async () => {
    const device = await signUpDevice(server)
    for (const more of [{ method: 'otp' }, { issuer: 'Bank' }])
      expect((await change(device, 'enable', more)).status).toBe(400)
    expect((await send(device, 'verify-backup-code', { code: 'a', disableSession: true })).status).toBe(400)
    for (const closed of ['get-totp-uri', 'send-otp', 'verify-otp'])
      expect((await change(device, closed)).status).toBe(404)
  })
})

test.each([
  ['disable', 'second-factor-off'],
  ['generate-backup-codes', 'backup-codes-renewed'],
])('%s ends the other devices; this one stays under its id, and its old cookie is dead', async (action, event) => {
  const { laptop, phone, email, backupCodes } = await signUpWithFactor()
  const { id } = await laptop.api.session.current.query()
  const thief = server.browser()
  thief.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect((await change(laptop, action)).status).toBe(200)
  expect([await isSignedIn(thief), await isSignedIn(phone)]).toEqual([false, false])
  expect((await laptop.api.session.current.query()).id).toBe(id)
  expect(server.audits().at(-1)).toMatchObject({ event, result: 'ok', ended: 1 })
  if (action === 'disable') await server.browser().signIn(email)
  else expect((await giveBackup(await signInWithoutCode(email), backupCodes[0])).status).toBe(401)
})

test.each(['disable', 'generate-backup-codes'])(
  '%s keeps the other devices if the person says so in the same step',
  async (action) => {
    const { laptop, phone } = await signUpWithFactor()
    const { id } = await laptop.api.session.current.query()
    const thief = server.browser()
    thief.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
    expect((await change(laptop, action, { revokeOtherSessions: false })).status).toBe(200)
    expect([await isSignedIn(thief), await isSignedIn(phone)]).toEqual([false, true])
    expect((await laptop.api.session.current.query()).id).toBe(id)
  },
)

test('each change is mailed to its person', async () => {
  const { laptop, email } = await signUpWithFactor()
  await change(laptop, 'generate-backup-codes')
  await change(laptop, 'disable')
  const outbox = server.outbox ?? ''
  const subjects = async () => {
    const names = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml'))
    const mails = await Promise.all(names.map((name) => readFile(join(outbox, name), 'utf8')))
    return mails.filter((mail) => mail.includes(`To: ${email}`)).join('\n')
  }
  for (const subject of [
    'Two-factor authentication was turned on',
    'Your account has new backup codes',
    'Two-factor authentication was turned off',
  ])
    await expect.poll(subjects).toContain(`Subject: ${subject}`)
})

test('every endpoint refuses a session that is missing, forged, revoked or expired, and nothing changes', async () => {
  const { laptop, phone, email, totpURI, backupCodes } = await signUpWithFactor()
  const requests: [string, object][] = [
    ...['enable', 'disable', 'generate-backup-codes'].map((action): [string, object] => [
      action,
      { password: PASSWORD },
    ]),
    ['verify-totp', { code: codeOf(totpURI, 1) }],
    ['verify-backup-code', { code: backupCodes[0] }],
  ]
  const forged = server.browser()
  forged.jar.set('rollcall.session_token', signed(tokenOf(laptop), 'another secret, also of 32 characters or more'))
  await laptop.api.devices.revokeOthers.mutate()
  const cookie = { cookie: `rollcall.session_token=${laptop.jar.get('rollcall.session_token')}` }
  for (const [action, body] of requests) {
    for (const device of [server.browser(), forged, phone])
      expect((await send(device, action, body)).status, action).toBe(401)
    try {
      server.clock.ahead = 7 * DAY + 1
      expect((await send(server.browser(cookie), action, body)).status, `${action}, expired`).toBe(401)
    } finally {
      server.clock.ahead = 0
    }
  }
  expect((await giveBackup(await signInWithoutCode(email), backupCodes[0])).status).toBe(200)
})

describe('a trusted device', () => {
  async function trustDevice() {
    const person = await signUpWithFactor()
    const device = await signInWithoutCode(person.email)
    expect((await give(device, codeOf(person.totpURI, 1), { trustDevice: true })).status).toBe(200)
    return { ...person, device }
  }
  const isAsked = async (device: Browser, email: string, password = PASSWORD) => {
    const answer = await device.post('/api/auth/sign-in/email', { email, password })
    expect(answer.status).toBe(200)
    return (await answer.text()).includes('twoFactorRedirect')
  }

  test('is asked for no code for 30 days, however often it signs in', async () => {
    const { device, email } = await trustDevice()
    try {
      for (const [days, asked] of [
        [0, false],
        [15, false],
        [29, false],
        [31, true],
      ] as const) {
        server.clock.ahead = days * DAY
        expect(await isAsked(device, email), `${days} days later`).toBe(asked)
      }
    } finally {
      server.clock.ahead = 0
    }
  })

  test('is asked again once the factor was off, or the password was changed', async () => {
    const [off, changed] = [await trustDevice(), await trustDevice()]
    await change(off.laptop, 'disable')
    await turnOn(off.laptop)
    expect(await isAsked(off.device, off.email)).toBe(true)
    const newPassword = `${PASSWORD}, once more`
    const body = { currentPassword: PASSWORD, newPassword }
    expect((await changed.laptop.post('/api/auth/change-password', body)).status).toBe(200)
    expect(await isAsked(changed.device, changed.email, newPassword)).toBe(true)
  })
})

test('no character of a backup code looks like another', async () => {
  const { laptop, backupCodes } = await signUpWithFactor()
  const renewed = (await (await change(laptop, 'generate-backup-codes')).json()) as { backupCodes: string[] }
  const codes = [...backupCodes, ...renewed.backupCodes]
  expect(new Set(codes).size).toBe(20)
  for (const code of codes) expect(code).toMatch(/^[2-9a-hjkmnp-z]{5}-[2-9a-hjkmnp-z]{5}$/)
})

test('secret and backup codes are encrypted in SQL', async () => {
  const { totpURI, backupCodes } = await signUpWithFactor()
  const rows = await server
    .database()
    .kysely.withTables<{ twoFactor: { secret: string; backupCodes: string } }>()
    .selectFrom('twoFactor')
    .selectAll()
    .execute()
  const text = JSON.stringify(rows)
  for (const known of [new URL(totpURI).searchParams.get('secret') ?? '', ...backupCodes])
    expect(text).not.toContain(known)
  for (const { secret, backupCodes: codes } of rows)
    expect([secret, codes].join(' ')).toMatch(/^(\$ba\$\d+\$[\da-f]+ ?){2}$/)
})
