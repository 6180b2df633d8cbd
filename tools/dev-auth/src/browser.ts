import type { Session } from '@rollcall/session-store'
import { password } from './server.js'

/** Whatever holds a session token, anywhere in it. */
export const anyToken = /[A-Za-z0-9_-]{81}/

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly text: string
  readonly setCookies: readonly string[]
  readonly headers: Headers
}

export interface Authenticator {
  authenticate(headers: Headers): Promise<{ readonly token: string; readonly session: Session } | null>
}

/**
 * One person's browser: keeps cookies and sends them back.
 *
 * @param headers Sent with every request.
 */
export function browser(
  origin: string,
  baseUrl: string,
  auth: Authenticator,
  userAgent = 'Firefox',
  headers: Readonly<Record<string, string>> = {},
) {
  const jar = new Map<string, string>()
  const cookie = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

  async function request(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${origin}/api/auth${path}`, {
      method,
      headers: {
        'user-agent': userAgent,
        origin: baseUrl,
        cookie: cookie(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...more,
      },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const setCookies = response.headers.getSetCookie()
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    const text = await response.text()
    const parsed: unknown = text === '' ? null : JSON.parse(text)
    return { status: response.status, text, body: parsed, setCookies, headers: response.headers }
  }

  return {
    jar,
    get: (path: string, headers?: Record<string, string>) => request('GET', path, undefined, headers),
    post: (path: string, body: object = {}, headers?: Record<string, string>) => request('POST', path, body, headers),
    signUp: (email: string, more: object = {}) =>
      request('POST', '/sign-up/email', { name: 'Ada', email, password, ...more }),
    signIn: (email: string, given = password, more: object = {}) =>
      request('POST', '/sign-in/email', { email, password: given, ...more }),
    /** The session that the next request of this browser comes with. */
    session: async () => (await auth.authenticate(new Headers({ cookie: cookie() })))?.session ?? null,
    token: async () => (await auth.authenticate(new Headers({ cookie: cookie() })))?.token ?? null,
  }
}

export type Browser = ReturnType<typeof browser>

/** A thief's copy of a browser: the same cookies, as they are now. */
export function copyCookies<B extends { jar: Map<string, string> }>(mine: B, thief: B): B {
  for (const [name, value] of mine.jar) thief.jar.set(name, value)
  return thief
}
