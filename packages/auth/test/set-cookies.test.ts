import { expect, test } from 'vitest'
import { keepSessionCookie } from '../src/cookies/keep-session-cookie.js'
import { dropSetCookies } from '../src/cookies/set-cookies.js'

type Ctx = Parameters<typeof keepSessionCookie>[0]

const taken = [
  'session_token=; Max-Age=0; Path=/',
  'session_data=; Path=/; max-age=0',
  'session_data.0=; Max-Age=0',
  'oauth_state=; Max-Age=0; Path=/',
]
const others = [
  'session_token=a.b; Max-Age=604800',
  'session_token=a.b; Max-Age=05',
  'session_token_of_another=; Max-Age=0',
  'theme=; Max-Age=0',
  'other_session_token=; Max-Age=0',
  'xsession_data.0=; Max-Age=0',
  'note=session_token=; Max-Age=0',
]

/** The cookies that an answer still sets at this path. */
function keptAt(path: string | undefined, lines: readonly string[]): string[] {
  const answer = new Headers({ 'content-type': 'application/json' })
  for (const line of lines) answer.append('set-cookie', line)
  const context = {
    authCookies: { sessionToken: { name: 'session_token' }, sessionData: { name: 'session_data' } },
    createAuthCookie: (name: string) => ({ name }),
  }
  keepSessionCookie({ path, context } as unknown as Ctx, answer) // the parts of it that are read
  expect(answer.get('content-type')).toBe('application/json')
  return answer.getSetCookie()
}

test.each(['/get-session', undefined])('an answer takes no session cookie away, in one part or many: %s', (path) => {
  expect(keptAt(path, [...taken, ...others])).toEqual(others)
  expect(keptAt(path, [...others, ...taken])).toEqual(others)
})

test('the endpoint that takes the answer of a provider takes its question away, and no session cookie', () => {
  expect(keptAt('/callback/google', taken)).toEqual(['oauth_state=; Max-Age=0; Path=/'])
  expect(keptAt('/oauth2/callback/google', taken)).toEqual(['oauth_state=; Max-Age=0; Path=/'])
})

test('an answer that sets no cookie stays as it is', () => {
  expect(keptAt('/get-session', [])).toEqual([])
  expect(() => dropSetCookies(undefined, () => true)).not.toThrow()
})
