import { sql as raw } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Queue } from '../../src/accounts/passwords/bounded.js'
import { createPasswords } from '../../src/accounts/passwords/passwords.js'
import { findPasswordFault } from '../../src/accounts/passwords/rules.js'
import { newEmail, password, quickCost, signUpPerson, startAuth } from './helpers.js'

const newPassword = 'a brand new password'

let t: Awaited<ReturnType<typeof startAuth>>
beforeAll(async () => {
  t = await startAuth()
})
afterAll(() => t[Symbol.asyncDispose]())

/** Passwords, and how many were hashed or compared. */
function countHashes() {
  let hashes = 0
  const inTurn: Queue = (work) => {
    hashes += 1
    return work()
  }
  return { hashed: () => hashes, passwords: createPasswords(quickCost, inTurn) }
}

async function resetToken(email: string): Promise<string> {
  await t.browser().post('/request-password-reset', { email })
  return new URL(t.mails.filter(({ to }) => to === email).at(-1)?.url ?? '').searchParams.get('token') ?? ''
}

const easy = [
  'password',
  '12345678',
  'Password1',
  'P@ssw0rd!',
  'qwertyuiop',
  'iloveyou',
  'aaaaaaaaaaaa',
  'abcdefgh',
  'letmein1',
  '1q2w3e4r',
  'passwordpassword',
  '        a',
  'sonnenschein',
  'ｐａｓｓｗｏｒｄ',
  '𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖',
  'pass word',
  'p a s s w o r d',
  'P.a.s.s.w.o.r.d',
  'pass-word-1',
  'qwer\u00a0ty uiop',
  '1 2 3 4 5 6',
  'a b c d e',
  'drow ssap',
  'pässword',
  'pa\u0301sswo\u0308rd',
  'ṕäśśẅöŕḋ',
  'i love you',
]
const blank = [
  ' '.repeat(8),
  '\u00a0'.repeat(9),
  '\u200b\u200b\u2060\u00ad\u3164\u2800 \t'.repeat(2),
  '\u{1d159}\u{13441}\u0301'.repeat(3),
]
const personal = [
  'countess@analytical.example',
  'COUNTESS@Analytical.Example',
  'analytical',
  'analytical.example',
  'Ada Lovelace',
  'adalovelace',
  'Lovelace!!1',
  'lovelace-ada',
  'analytical1',
  'Rollcall1!',
  'countess123',
  'elpmaxe.lacitylana@ssetnuoc',
  'ecalevol ada',
  'AdaLovelace2026',
  'ada.lovelace-1815!',
  'countess@analytical.example!!2026',
  'Ecalevol1!',
  'a-d-a l-o-v-e-l-a-c-e',
  'localhost:3000',
  'http://localhost:3000',
]
const good = [
  password,
  newPassword,
  'another good password',
  'nanoseconds matter',
  'x7Kq!m2Z',
  'geheimes Wort',
  'Übermorgen regnet es',
  'correct horse battery',
  'the rain in Spain stays',
  'ich mag blaue Hunde',
  'k8 q2 zx',
  'k!8#q%2(',
  'ab-c3-9f-77',
  'eht niar ni niaps',
  'ada lovelace likes her tea',
]

describe('a request that does not read', () => {
  test.each([
    { rememberMe: 'x' },
    { image: null },
    { callbackURL: 7 },
    { name: undefined },
    { email: 'no address' },
    { emailVerified: true },
    { nickname: 'Ada' },
  ])('costs a sign-up no hash: %j', async (wrong) => {
    const { hashed, passwords } = countHashes()
    await using own = await startAuth({ passwords })
    const body = { email: 'ada@example.org', name: 'Ada', password, ...wrong }
    expect((await own.browser().post('/sign-up/email', body)).status).toBe(400)
    expect(hashed()).toBe(0)
    expect((await own.browser().signUp('ada@example.org')).status).toBe(200)
    expect(hashed()).toBe(1)
  })

  test('costs a reset no hash', async () => {
    const { hashed, passwords } = countHashes()
    await using own = await startAuth({ passwords })
    await own.browser().signUp('ada@example.org')
    await own.browser().post('/request-password-reset', { email: 'ada@example.org' })
    const token = new URL(own.mails.at(-1)?.url ?? '').searchParams.get('token')
    const before = hashed()
    const answer = await own.browser().post('/reset-password?token=a&token=b', { token, newPassword })
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_ERROR' } })
    expect(hashed()).toBe(before)
    const reused = await own.browser().post(`/reset-password?token=${token}`, { token: '', newPassword: password })
    expect(reused, 'an empty token leaves the rule in force').toMatchObject({
      status: 400,
      body: { code: 'PASSWORD_REUSED' },
    })
  })
})

describe('a new password', () => {
  const own = ['countess@analytical.example', 'Ada Lovelace', 'Rollcall', 'http://localhost:3000']

  test.each(easy)('%j is easy to guess', async (text) =>
    expect(await findPasswordFault(text, own)).toBe('PASSWORD_EASY_TO_GUESS'),
  )
  test.each(blank)('%j cannot be seen', async (text) =>
    expect(await findPasswordFault(text, own)).toBe('PASSWORD_BLANK'),
  )
  test.each(personal)('%j is the person’s own', async (text) =>
    expect(await findPasswordFault(text, own)).toBe('PASSWORD_PERSONAL'),
  )
  test.each(['zoëmüller', 'zoemuller', 'ZoeMueller', 'Müller, Zoë', 'strasse12', 'rellum'])(
    '%j is that of Zoë Müller',
    async (text) => expect(await findPasswordFault(text, ['Zoë Müller', 'Straße'])).toBe('PASSWORD_PERSONAL'),
  )
  test.each(good)('%j is good', async (text) => expect(await findPasswordFault(text, own)).toBeNull())

  const wrong: readonly [password: string, code: string][] = [
    ['password', 'PASSWORD_TOO_SHORT'],
    ['passwordpassword', 'PASSWORD_EASY_TO_GUESS'],
    [' '.repeat(8), 'PASSWORD_TOO_SHORT'],
    [' '.repeat(15), 'PASSWORD_BLANK'],
    ['ada lovelace 123', 'PASSWORD_PERSONAL'],
    ['14 fine letters'.slice(0, 14), 'PASSWORD_TOO_SHORT'],
    ['🦊🐢🌵🚀🎻🧀🪁🧵', 'PASSWORD_TOO_SHORT'], // 16 of JavaScript's characters, 8 of a person's
  ]

  test.each(wrong)('%j is refused wherever one is chosen, and the old one stays: %s', async (text, code) => {
    const { email, laptop } = await signUpPerson(t)
    const token = await resetToken(email)
    const answers = [
      await t.browser().signUp(newEmail(), { name: 'Ada Lovelace', password: text }),
      await laptop.post('/change-password', { currentPassword: password, newPassword: text }),
      await t.browser().post('/reset-password', { newPassword: text, token }),
      await t.browser().post(`/reset-password?token=${token}`, { newPassword: text }),
      await t.browser().post(`/reset-password?token=${token}`, { newPassword: text, token: '' }),
    ]
    for (const { status, body } of answers) expect({ status, body }).toMatchObject({ status: 400, body: { code } })
    expect((await t.browser().signIn(email)).status).toBe(200)
    expect((await t.browser().post('/reset-password', { newPassword, token })).status).toBe(200)
  })

  test('must not be the address of the site', async () => {
    const answer = await t.browser().signUp(newEmail(), { password: t.origin })
    expect(answer).toMatchObject({ status: 400, body: { code: 'PASSWORD_PERSONAL' } })
  })

  test('must not be the old one: not in a change, not in a reset, and not after "This wasn’t me"', async () => {
    const { email, laptop } = await signUpPerson(t)
    const refused = { status: 400, body: { code: 'PASSWORD_REUSED' } }
    expect(await laptop.post('/change-password', { currentPassword: password, newPassword: password })).toMatchObject(
      refused,
    )
    expect(
      await t.browser().post('/reset-password', { newPassword: password, token: await resetToken(email) }),
    ).toMatchObject(refused)

    await t.browser('phone').signIn(email)
    const notMine = new URL(t.newDevices.find(({ to }) => to === email)?.url ?? '').searchParams.get('token')
    expect((await t.browser().post('/secure-account', { token: notMine })).status).toBe(200)
    const token = new URL(t.mails.filter(({ to }) => to === email).at(-1)?.url ?? '').searchParams.get('token')
    expect(await t.browser().post('/reset-password', { newPassword: password, token })).toMatchObject(refused)
    expect(
      await t.browser().post(`/reset-password?token=${token}`, { newPassword: password, token: '' }),
    ).toMatchObject(refused)
    expect(await t.browser().post('/reset-password', { newPassword, token })).toMatchObject({ status: 200 })
  })

  test('must not be the removed one, even if the link that removed it was followed twice', async () => {
    const { email } = await signUpPerson(t)
    await t.browser('phone').signIn(email)
    const notMine = new URL(t.newDevices.find(({ to }) => to === email)?.url ?? '').searchParams.get('token')
    const secure = () =>
      t.auth.handler(
        new Request(`${t.origin}/api/auth/secure-account`, {
          method: 'POST',
          headers: { origin: t.origin, 'content-type': 'application/json' },
          body: JSON.stringify({ token: notMine }),
        }),
      )
    const { kysely } = t.database
    await raw`create trigger disk_full before delete on verification when old.value like 'secure-account:%'
      begin select raise(abort, 'database or disk is full'); end`.execute(kysely)
    await expect(secure()).rejects.toThrow('database or disk is full')
    await raw`drop trigger disk_full`.execute(kysely)
    expect((await secure()).status).toBe(200)
    const token = new URL(t.mails.filter(({ to }) => to === email).at(-1)?.url ?? '').searchParams.get('token')
    const choose = (text: string) => t.browser().post('/reset-password', { newPassword: text, token })
    expect(await choose(password)).toMatchObject({ status: 400, body: { code: 'PASSWORD_REUSED' } })
    expect((await choose(newPassword)).status).toBe(200)
  })

  test('a wrong current password is answered as such', async () => {
    const { laptop } = await signUpPerson(t)
    const answer = await laptop.post('/change-password', { currentPassword: 'wrong password', newPassword })
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_PASSWORD' } })
  })
})
