import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, newEmail, PASSWORD, signUpDevice, startServer, type TestServer } from '../helpers.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const invisible = {
  'a zero-width space': '\u200b',
  'zero-width joiners': '\u200d\u200d\u200c',
  'marks of direction': '\u200e\u200f\u061c',
  'an isolate': '\u2066\u2069',
  'a filler of Hangul': '\u3164',
  'the blank of Braille': '\u2800',
  'blank hieroglyphs': '\u{13441}\u{13442}',
  'the place of an object': '\ufffc',
  'a soft hyphen among blanks': ' \u00ad ',
  'a mark without a letter': '\u0301',
  'a variation selector': '\ufe0f',
  tags: '\u{e0041}\u{e0042}',
}

const unreadable = {
  'a line break': 'Ada\nLovelace',
  'an escape': 'Ada\u001b[31m',
  'a turn of direction within': 'Ada\u202eecalevol',
  'one in front': '\u200f\u202eevil',
  'half a character': 'Ada\ud83d',
}

/** As it is given, and as it is kept. */
const kept: [given: string, name: string][] = [
  ['\u200fAda\u200e', 'Ada'],
  [' \u2068Ada\u2069\u00a0', 'Ada'],
  ['\u202aAda\u202c', 'Ada'],
  ['עדה', 'עדה'],
  ['👩‍💻', '👩‍💻'],
  ['नमस्ते', 'नमस्ते'],
  ['می‌خواهم', 'می‌خواهم'],
]

describe('the name of a person', () => {
  const signUp = (name: unknown, email = newEmail()) =>
    server.browser().post('/api/auth/sign-up/email', { email, password: PASSWORD, name })

  test.each(Object.entries({ ...invisible, ...unreadable, nothing: '', blanks: ' \t', 'too much': 'x'.repeat(101) }))(
    'is not %s',
    async (_, name) => {
      const response = await signUp(name)
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({ code: 'INVALID_NAME', message: expect.stringMatching(/^name: must /) })
    },
  )

  test.each(kept)('%j is kept as %j', async (given, name) => {
    const device = server.browser()
    expect(
      (await device.post('/api/auth/sign-up/email', { email: newEmail(), password: PASSWORD, name: given })).status,
    ).toBe(200)
    expect((await device.api.session.current.query()).user.name).toBe(name)
  })
})

test.each(['sign-up/email', 'sign-in/email', 'request-password-reset'])(
  'an e-mail address has 254 characters at most: %s',
  async (path) => {
    const email = `${'x'.repeat(243)}@example.org`
    const response = await server.browser().post(`/api/auth/${path}`, { email, password: PASSWORD, name: 'Ada' })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ code: 'INVALID_EMAIL', message: 'email: must have 254 characters at most' })
  },
)

test('the address of a picture has 2,048 characters at most', async () => {
  const image = `https://example.org/${'x'.repeat(2_029)}`
  expect(
    (
      await server
        .browser()
        .post('/api/auth/sign-up/email', { email: newEmail(), password: PASSWORD, name: 'Ada', image })
    ).status,
  ).toBe(400)
})

describe('the name of a device', () => {
  async function renameDevice(name: string): Promise<string | null | undefined> {
    const { api } = await signUpDevice(server)
    const id = (await api.devices.list.query())[0]?.deviceId ?? ''
    await api.devices.rename.mutate({ id, name })
    return (await api.devices.list.query())[0]?.name
  }

  test.each(Object.entries({ ...invisible, ...unreadable, 'too much': 'x'.repeat(51) }))(
    'is not %s',
    async (_, name) => {
      expect(await codeOf(renameDevice(name))).toBe('BAD_REQUEST')
    },
  )

  test('is kept without what cannot be seen at its ends', async () => {
    for (const [given, name] of kept.slice(0, 3)) expect(await renameDevice(given)).toBe(name)
    expect(await renameDevice(' \t'), 'blanks take a name back').toBeNull()
  })
})
