import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failCommand } from './fail-command.js'
import { type Browser, codeOf, signed, signUpDevice, tokenOf } from './helpers.js'
import { failStatements } from './fail-database.js'
import { mailsTo } from './outbox.js'
import { startWithProvider, type WithProvider } from './providers-helpers.js'

// A code by mail proves who the person of a session is, where the account has nothing else: GitHub, for example, proves nothing.

const QUARTER = 15 * 60_000
const [REQUEST, CODE] = ['/api/auth/reauthenticate/request-code', '/api/auth/reauthenticate/code']

let server: WithProvider['server']
let t: WithProvider
beforeAll(async () => {
  t = await startWithProvider()
  ;({ server } = t)
})
afterAll(() => t[Symbol.asyncDispose]())

const currentId = async (device: Browser): Promise<string> => (await device.api.session.current.query()).id
const methodsOf = async (device: Browser): Promise<unknown> =>
  (await device.request('/api/auth/reauthenticate/methods')).json()
const post = async (device: Browser, path: string, body: object = {}) => {
  const response = await device.post(path, body)
  return { status: response.status, body: (await response.json()) as object }
}

/** Somebody whose only way in is GitHub, on a laptop and a phone. */
async function withGitHubAlone() {
  const { laptop, email } = await somebody()
  const phone = server.browser()
  const again = t.somebody({ sub: `at-github-${email}`, email })
  expect((await t.go(phone)).status).toBe(200)
  const { id } = (await laptop.api.session.current.query()).user
  const { kysely } = server.database()
  await sql`update account set ${sql.ref('providerId')} = 'github' where ${sql.ref('userId')} = ${id}`.execute(kysely)
  return { laptop, phone, email: again.email, userId: id }
}

async function somebody() {
  const laptop = server.browser()
  const { email } = t.somebody()
  const sub = `at-github-${email}`
  t.somebody({ sub, email })
  expect((await t.go(laptop)).status).toBe(200)
  return { laptop, email }
}

/** The code of the first mail with one, as soon as it is there. */
async function codeOfMail(email: string): Promise<string> {
  const code = async () => /^(\d{4} \d{4})\r?$/m.exec((await mailsTo(server, email)).join('\n'))?.[1]
  await expect.poll(code).toBeDefined()
  return (await code()) ?? ''
}

const wrong = { status: 400, body: { code: 'INVALID_CODE' } }

test('proves in place, once: the session stays under its id with a new secret, and what was asked goes on', async () => {
  const { laptop, phone, email } = await withGitHubAlone()
  expect(await methodsOf(laptop)).toEqual({ methods: [{ kind: 'email-code' }] })
  const id = await currentId(laptop)
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  await server.later(QUARTER, async () => {
    expect(await codeOf(laptop.api.devices.revokeOthers.mutate())).toBe('FORBIDDEN')
    expect((await post(laptop, REQUEST)).status).toBe(200)
    const code = await codeOfMail(email)
    expect(await post(laptop, CODE, { code: '0000 0000' })).toMatchObject(wrong)
    expect((await post(laptop, CODE, { code })).status).toBe(200)
    expect(await post(laptop, CODE, { code })).toMatchObject(wrong)
    expect(await currentId(laptop)).toBe(id)
    expect(await codeOf(copy.api.session.current.query())).toBe('UNAUTHORIZED')
    const [device] = await laptop.api.devices.list.query()
    expect(device).toMatchObject({ proofMethod: { kind: 'email-code' } })
    expect(await laptop.api.devices.revokeOthers.mutate()).toEqual({ revoked: 1 })
  })
  expect(await codeOf(currentId(phone))).toBe('UNAUTHORIZED')
})

test('is for the session that asked, and for ten minutes', async () => {
  const { laptop, phone, email } = await withGitHubAlone()
  await post(laptop, REQUEST)
  const code = await codeOfMail(email)
  expect(await post(phone, CODE, { code })).toMatchObject(wrong)
  expect(await server.later(10 * 60_000, () => post(laptop, CODE, { code }))).toMatchObject(wrong)
  expect((await post(laptop, CODE, { code: code.replace(' ', '') })).status).toBe(200)
})

test('is refused to an account that can prove it otherwise, and to nobody', async () => {
  const other = { status: 400, body: { code: 'OTHER_PROOF' } }
  const withPassword = await signUpDevice(server)
  const { laptop: withProvider } = await somebody()
  expect(await methodsOf(withProvider)).toEqual({ methods: [{ kind: 'provider', provider: 'acme' }] })
  for (const device of [withPassword, withProvider])
    for (const path of [REQUEST, CODE]) expect(await post(device, path, { code: '1234 5678' })).toMatchObject(other)
  for (const path of [REQUEST, CODE])
    expect((await post(server.browser(), path, { code: '1234 5678' })).status).toBe(401)
})

test('ends with the credentials: a code from before a first password proves nothing', async () => {
  const { laptop, email, userId } = await withGitHubAlone()
  await post(laptop, REQUEST)
  const code = await codeOfMail(email)
  await laptop.post('/api/auth/set-password', { newPassword: 'a first and good password' })
  await sql`update account set password = null where ${sql.ref('userId')} = ${userId}`.execute(server.database().kysely)
  expect(await post(laptop, CODE, { code })).toMatchObject(wrong)
})

test('can be guessed ten times in a session, and asked for five times in an hour', async () => {
  const { laptop, phone, email } = await withGitHubAlone()
  expect((await post(phone, REQUEST)).status).toBe(200)
  const right = await codeOfMail(email)
  for (let n = 2; n <= 5; n += 1) expect((await post(laptop, REQUEST)).status).toBe(200)
  for (const device of [laptop, phone]) expect((await post(device, REQUEST)).status).toBe(429)
  const codes = Array.from({ length: 12 }, (_, n) => `0000 00${10 + n}`)
  const answers = await Promise.all(codes.map((code) => post(laptop, CODE, { code })))
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(10)
  expect(await post(laptop, CODE, { code: '1234 5678' })).toMatchObject({
    status: 429,
    body: { code: 'TOO_MANY_WRONG_CODES' },
  })
  expect((await post(phone, CODE, { code: right })).status).toBe(200)
})

test('a copy of the database holds no code, and an outage of Redis uses none up', async () => {
  const { laptop, email } = await withGitHubAlone()
  await post(laptop, REQUEST)
  const code = await codeOfMail(email)
  const rows = await sql<object>`select * from verification`.execute(server.database().kysely)
  expect(JSON.stringify(rows.rows)).not.toContain(code.replace(' ', ''))
  for (let n = 1; ; n += 1) {
    const failing = failCommand(n, 'never sent')
    const { status } = await post(laptop, CODE, { code })
    const isReached = failing.reached()
    failing[Symbol.dispose]()
    if (status === 200 || status === 400) break // 400: it was used, and its answer was an outage
    expect(status, `command ${n}`).toBe(503)
    expect(isReached, 'without an outage it proves').toBe(true)
  }
})

test('an outage of the database after the proof leaves the session its new cookie', async () => {
  const { laptop, email } = await withGitHubAlone()
  const id = await currentId(laptop)
  await post(laptop, REQUEST)
  const code = await codeOfMail(email)
  const failing = failStatements(/^delete from "verification"/i)
  const { status } = await post(laptop, CODE, { code })
  failing[Symbol.dispose]()
  expect(status).toBe(200)
  expect(await currentId(laptop)).toBe(id)
})
