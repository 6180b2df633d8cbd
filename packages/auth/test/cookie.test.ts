import type * as Crypto from 'node:crypto'
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { signWithCurrentSecret, type Secrets, tokenFromCookie } from '../src/cookies/cookie.js'
import { startApp } from './helpers.js'

const compared: [number, number][] = []
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>()
  const timingSafeEqual: typeof crypto.timingSafeEqual = (a, b) => {
    compared.push([a.byteLength, b.byteLength])
    return crypto.timingSafeEqual(a, b)
  }
  return { ...crypto, timingSafeEqual }
})
beforeEach(() => void (compared.length = 0))

const [current, earlier, foreign] = [
  'the secret that signs now',
  'the secret that signed before',
  'a secret of someone else',
]
const secrets: Secrets = [current, earlier]
const signature = (text: string, secret: string) => createHmac('sha256', secret).update(text).digest('base64')
const cookie = (text: string, secret: string) => encodeURIComponent(`${text}.${signature(text, secret)}`)
const read = (value: string, of: Secrets = secrets) =>
  tokenFromCookie(new Headers({ cookie: `session=${value}` }), 'session', of)

describe('the signature of a cookie', () => {
  test('of any secret in the list is good, of another is not', () => {
    expect(read(cookie('token', current))).toBe('token')
    expect(read(cookie('token', earlier))).toBe('token')
    expect(read(cookie('token', foreign))).toBeNull()
    expect(read(cookie('token', earlier), [current])).toBeNull()
  })

  test('is compared in constant time, whole against whole', () => {
    const right = signature('token', current)
    for (const at of [0, 20, 42]) {
      compared.length = 0
      const wrong = `${right.slice(0, at)}${right[at] === 'A' ? 'E' : 'A'}${right.slice(at + 1)}`
      expect(read(encodeURIComponent(`token.${wrong}`))).toBeNull()
      expect(compared, `wrong at ${at}`).toEqual([
        [32, 32],
        [32, 32],
      ])
    }
    compared.length = 0
    expect(read(cookie('token', current))).toBe('token')
    expect(compared).toEqual([[32, 32]])
  })

  test('of another length is not compared at all', () => {
    const right = signature('token', current)
    for (const other of ['', 'AAAA', 'A'.repeat(44), `${'A'.repeat(87)}=`, `${right}A`, `${right}.`])
      expect(read(encodeURIComponent(`token.${other}`))).toBeNull()
    expect(compared).toEqual([])
  })
})

describe('a Cookie header', () => {
  test('gets a signature of the current secret wherever it has one of an earlier, and is left alone elsewhere', () => {
    const header = `theme=dark; session=${cookie('token', earlier)};other=${cookie('a', current)}; forged=${cookie('b', foreign)}; ; x`
    expect(signWithCurrentSecret(header, secrets)).toBe(
      `theme=dark; session=${cookie('token', current)};other=${cookie('a', current)}; forged=${cookie('b', foreign)}; ; x`,
    )
  })

  test.each([
    '',
    'theme=dark',
    `session=${cookie('token', current)}`,
    `session=${cookie('token', foreign)}`,
    '%',
    '=;=',
    'a="',
    '%E0%A4%A=%E0%A4%A',
  ])('without a signature of an earlier secret stays as it is: %s', (header) =>
    expect(signWithCurrentSecret(header, secrets)).toBeNull(),
  )
})

describe('in an application of someone else that rotates its secrets', () => {
  let t: Awaited<ReturnType<typeof startApp>>
  const value = (n: number) => `secret number ${n} of that application, long enough`
  beforeAll(async () => {
    t = await startApp({ secret: value(1), secrets: [3, 2].map((version) => ({ version, value: value(version) })) })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  test.each([3, 2, 1])(
    'a cookie that secret number %i signed signs in, over HTTP and on the server',
    async (version) => {
      const browser = t.browser()
      const email = `rotation-${version}@example.org`
      expect((await browser.signUp(email)).status).toBe(200)
      const [[name = '', issued = ''] = []] = browser.jar
      browser.jar.set(name, cookie(decodeURIComponent(issued).split('.')[0] ?? '', value(version)))
      expect((await browser.get('/get-session')).body).toMatchObject({ user: { email } })
      const headers = new Headers({ cookie: `${name}=${browser.jar.get(name)}` })
      expect(await t.auth.api.getSession({ headers })).toMatchObject({ user: { email } })
      expect((await browser.post('/sign-out')).status).toBe(200)
      expect(await t.auth.api.getSession({ headers })).toBeNull()
    },
  )
})
