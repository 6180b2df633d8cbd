import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEndpoints } from '../src/accounts/open-endpoints.js'
import { type Browser, procedures, signed, signUpDevice, startServer, type TestServer, tokenOf } from './helpers.js'

/** Nothing is public today. A public procedure must be named here, on purpose. */
const PUBLIC: string[] = []

let server: TestServer
/** The cookies that sign nobody in, by what is wrong with them. */
let refusedCookies: Record<string, string | undefined>
/** Signed in, until its deadline. */
let signedIn: Browser
beforeAll(async () => {
  server = await startServer()
  refusedCookies = await cookies()
  signedIn = await signUpDevice(server)
})
afterAll(() => server[Symbol.asyncDispose]())

function call({ path, type }: (typeof procedures)[number], cookie: string | undefined): Promise<Response> {
  const headers = { ...(cookie !== undefined && { cookie: `rollcall.session_token=${cookie}` }) }
  if (type !== 'mutation') return server.send(`/trpc/${path}`, { headers })
  return server.send(`/trpc/${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'whatever' }),
  })
}

/**
 * An EventSource gets a refusal as the last event of its stream, because it cannot read any other answer. A stream for
 * administrators is refused like a query, so that others find nothing there.
 */
const refused = ({ path, type }: (typeof procedures)[number]): number =>
  type === 'subscription' && !path.startsWith('admin.') ? 200 : 401

function errorIn(body: string): unknown {
  const [, event] = /^event: serialized-error\ndata: (.*)$/m.exec(body) ?? []
  return event === undefined ? (JSON.parse(body) as { error: unknown }).error : JSON.parse(event)
}

async function cookies(): Promise<Record<string, string | undefined>> {
  const device = await signUpDevice(server)
  const token = tokenOf(device)
  const revoked = await signUpDevice(server)
  const revokedToken = tokenOf(revoked)
  await revoked.api.devices.revokeAll.mutate()
  const flipped = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
  const cookie = signed(token)
  return {
    missing: undefined,
    empty: '',
    garbled: '%E0%A4%A',
    'without a signature': token,
    'of a wrong signature': flipped(cookie, cookie.indexOf('.') + 3),
    'of a foreign signature': signed(token, 'another secret, also of 32 characters or more'),
    'of a wrong secret, rightly signed': signed(flipped(token, token.length - 3)),
    'of an unknown session, rightly signed': signed(flipped(token, 25)),
    'of an unknown user, rightly signed': signed(flipped(token, 3)),
    'too long, rightly signed': signed(`${token}A`),
    'a public session id, rightly signed': signed((await device.api.session.current.query()).id),
    revoked: signed(revokedToken),
  }
}

test('the router holds the procedures of the contract', () => {
  expect(procedures.map(({ path, type }) => `${path} ${type}`).toSorted()).toEqual([
    'account.changeName mutation',
    'account.data query',
    'account.delete mutation',
    'account.password query',
    'account.setLanguage mutation',
    'activity.list query',
    'admin.operations.changes subscription',
    'admin.operations.list query',
    'admin.operations.resume mutation',
    'admin.operations.stop mutation',
    'admin.people.activity query',
    'admin.people.ban mutation',
    'admin.people.changes subscription',
    'admin.people.requirePasswordReset mutation',
    'admin.people.search query',
    'admin.people.show query',
    'admin.people.signOut mutation',
    'admin.people.unban mutation',
    'admin.sessions.find query',
    'admin.sessions.revoke mutation',
    'devices.changes subscription',
    'devices.confirm mutation',
    'devices.details query',
    'devices.list query',
    'devices.rename mutation',
    'devices.revoke mutation',
    'devices.revokeAll mutation',
    'devices.revokeMany mutation',
    'devices.revokeOthers mutation',
    'devices.unusual query',
    'emailChange.cancel mutation',
    'emailChange.pending query',
    'emailChange.request mutation',
    'passkeys.list query',
    'passkeys.rename mutation',
    'providers.list query',
    'session.current query',
  ])
})

describe.each(procedures.filter(({ path }) => !PUBLIC.includes(path)))('$path', (procedure) => {
  test('refuses every token that does not sign in, and never says why', async () => {
    const answers = await Promise.all(
      Object.entries(refusedCookies).map(async ([kind, cookie]) => {
        const response = await call(procedure, cookie)
        return { kind, status: response.status, body: await response.text(), cookies: response.headers.getSetCookie() }
      }),
    )
    const [first] = answers
    expect(errorIn(first?.body ?? '')).toMatchObject({
      message: 'Please sign in',
      data: { code: 'UNAUTHORIZED', httpStatus: 401 },
    })
    expect(first?.body).not.toContain('event: message')
    for (const answer of answers) {
      expect(answer).toEqual({ kind: answer.kind, status: refused(procedure), body: first?.body, cookies: [] })
    }
  })

  test('refuses a session from the millisecond of its deadline on', async () => {
    const cookie = signedIn.jar.get('rollcall.session_token')
    const { expiresAt } = await signedIn.api.session.current.query()
    const refusal = await (await call(procedure, undefined)).text()
    try {
      server.clock.ahead = new Date(expiresAt).getTime() - Date.now() + 1
      const response = await call(procedure, cookie)
      expect(response.status).toBe(refused(procedure))
      expect(await response.text()).toBe(refusal)
    } finally {
      server.clock.ahead = 0
    }
  })
})

/** Procedures that leave a line in the audit log, with its event. */
const audited: Readonly<Record<string, string>> = {
  '/api/auth/sign-in/email': 'sign-in',
  '/api/auth/sign-out': 'sign-out',
  '/api/auth/change-password': 'password-change',
  '/api/auth/set-password': 'password-set',
  '/api/auth/password/remove': 'password-removed',
  '/api/auth/reset-password': 'password-reset',
  '/api/auth/reauthenticate': 'reauthentication',
  '/api/auth/reauthenticate/code': 'reauthentication',
  '/api/auth/secure-account': 'account-secured',
  '/api/auth/confirm-email-change': 'email-change',
  '/api/auth/passkey/generate-register-options': 'passkey-added',
  '/api/auth/passkey/verify-registration': 'passkey-added',
  '/api/auth/passkey/verify-authentication': 'sign-in',
  '/api/auth/passkey/remove': 'passkey-removed',
  '/api/auth/two-factor/enable': 'reauthentication',
  '/api/auth/two-factor/disable': 'reauthentication',
  '/api/auth/two-factor/verify-totp': 'sign-in',
  '/api/auth/two-factor/verify-backup-code': 'sign-in',
  '/api/auth/two-factor/generate-backup-codes': 'reauthentication',
  '/api/auth/provider/link': 'account-linked',
  '/api/auth/provider/unlink': 'account-unlinked',
  '/api/auth/oauth2/callback/:providerId': 'sign-in',
  '/trpc/account.delete': 'user-deleted',
  '/trpc/devices.revoke': 'revoke',
  '/trpc/devices.revokeMany': 'revoke-many',
  '/trpc/devices.revokeOthers': 'revoke-others',
  '/trpc/devices.revokeAll': 'revoke-all',
  '/trpc/emailChange.request': 'email-change-requested',
  '/trpc/emailChange.cancel': 'email-change-cancelled',
}

/** Procedures that leave none, done or refused: names, which are in the activity, and those that only begin something. */
const unaudited = [
  '/api/auth/sign-up/email',
  '/api/auth/sign-up/request',
  '/api/auth/sign-up/finish',
  '/api/auth/secure-account/send-link',
  '/api/auth/request-password-reset',
  '/api/auth/passkey/generate-authenticate-options',
  '/api/auth/reauthenticate/request-code',
  '/api/auth/provider/sign-in',
  '/api/auth/provider/prove',
  '/trpc/account.changeName',
  '/trpc/account.setLanguage',
  '/trpc/devices.confirm',
  '/trpc/devices.rename',
  '/trpc/passkeys.rename',
]

/** Sends each to the server with a header that names a session, and gives what is audited meanwhile. */
async function refusalsOf(session: string, status: number): Promise<Record<string, unknown>> {
  const lines: Record<string, unknown> = {}
  for (const path of Object.keys(audited)) {
    const before = server.audits().length
    const isRead = path.endsWith('-options')
    const response = await signedIn.request(path.replace(':providerId', 'acme'), {
      headers: { 'x-expected-session': session },
      ...(!isRead && { method: 'POST', body: '{}' }),
    })
    expect(response.status, path).toBe(status)
    lines[path] = server
      .audits()
      .slice(before)
      .map(({ event, result }) => `${String(event)} ${String(result)}`)
  }
  return lines
}

const allOf = (result: string) =>
  Object.fromEntries(Object.entries(audited).map(([path, event]) => [path, [`${event} ${result}`]]))

describe('the audit', () => {
  test('is decided for all that changes something; that of administrators begins with their role', () => {
    const endpoints = [...openEndpoints].flatMap(([path, method]) =>
      method === 'POST' || path.endsWith('-options') ? [`/api/auth${path}`] : [],
    )
    const changes = procedures.flatMap(({ path, type }) =>
      type === 'mutation' && !path.startsWith('admin.') ? [`/trpc/${path}`] : [],
    )
    expect([...Object.keys(audited), ...unaudited].toSorted()).toEqual([...endpoints, ...changes].toSorted())
  })

  test('has one line of each that is refused because the browser is signed in as another session', async () => {
    expect(await refusalsOf('of somebody else', 409)).toEqual(allOf('refused'))
  })

  test('has one line of each during an outage', async () => {
    const { id } = await signedIn.api.session.current.query()
    const { sendCommand } = Redis.prototype
    Redis.prototype.sendCommand = (command) => {
      command.reject(new Error('Connection is closed.'))
      return command.promise
    }
    try {
      expect(await refusalsOf(id, 503)).toEqual(allOf('unavailable'))
    } finally {
      Redis.prototype.sendCommand = sendCommand
    }
  })
})
