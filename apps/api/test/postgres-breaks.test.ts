import {
  type BreakingMoment,
  lineTo,
  postgresBinaries,
  type PostgresLine,
  type PrivatePostgres,
  startPostgres,
} from '@rollcall/dev-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { turnOn } from './authenticator.js'
import { type Browser, newEmail, PASSWORD, startServer, type TestServer } from './helpers.js'

// Requests that write to SQL, with the connection broken at each of their queries in turn. It breaks before PostgreSQL gets
// the query, or before its answer arrives. Either the answer is a success, or it is 503, signs nobody out, and the request can be sent again.

const NEW_PASSWORD = 'a new password, and a better one'

let postgres: PrivatePostgres
let line: PostgresLine
let server: TestServer
beforeAll(async () => {
  if (postgresBinaries === null) return
  postgres = await startPostgres()
  line = await lineTo(postgres.url)
  server = await startServer({ env: { DATABASE_URL: line.url, TRUSTED_PROXIES: 'loopback' } })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await line?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

let networks = 0

/** A browser in a network of its own, so that no limit is shared. */
function newBrowser(): Browser {
  networks += 1
  return server.browser({ 'x-forwarded-for': `100.${64 + (networks >> 8)}.${networks & 255}.7` })
}

async function newPerson(): Promise<{ browser: Browser; email: string }> {
  const browser = newBrowser()
  const email = newEmail()
  await browser.signUp(email)
  return { browser, email }
}

let unused: { readonly email: string; readonly backupCodes: string[] } | undefined

/** A code of somebody who has more than one. */
async function backupCode(): Promise<{ email: string; code: string }> {
  if (unused === undefined || unused.backupCodes.length === 0) {
    const { browser, email } = await newPerson()
    unused = { email, backupCodes: (await turnOn(browser)).backupCodes }
  }
  return { email: unused.email, code: unused.backupCodes.pop() ?? '' }
}

interface Call {
  /** Gives what sends the request, which can be sent again. */
  readonly prepare: () => Promise<() => Promise<Response>>
  /** The status of a second request, where the first was carried out and its answer was lost. */
  readonly whenDone: number
}

const calls: Record<string, Call> = {
  'sign-up': {
    async prepare() {
      const email = newEmail()
      return () => newBrowser().post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Eve' })
    },
    whenDone: 422,
  },
  'sign-in by a backup code': {
    async prepare() {
      const { email, code } = await backupCode()
      const device = newBrowser()
      await device.signIn(email)
      return () => device.post('/api/auth/two-factor/verify-backup-code', { code })
    },
    whenDone: 401,
  },
  'change of the password': {
    async prepare() {
      const { browser } = await newPerson()
      return () => browser.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD })
    },
    whenDone: 400,
  },
}

const cases: readonly (readonly [name: string, moment: BreakingMoment])[] = [
  ['sign-up', 'query lost'],
  ['sign-in by a backup code', 'query lost'],
  ['sign-in by a backup code', 'answer lost'],
  ['change of the password', 'query lost'],
]

/** Whether the request sends as many as n queries. */
async function breaksAt(n: number, moment: BreakingMoment, { prepare, whenDone }: Call): Promise<boolean> {
  const send = await prepare()
  const breaking = line.breakAt(n, moment)
  const response = await send()
  breaking[Symbol.dispose]()
  if (response.status !== 200) {
    const at = `${moment}: ${n}`
    expect({ at, status: response.status }).toEqual({ at, status: 503 })
    expect(response.headers.getSetCookie(), at).toEqual([])
    const { status } = await send()
    expect(moment === 'query lost' ? [200] : [200, whenDone], `${at}, sent again: ${status}`).toContain(status)
  }
  return breaking.reached()
}

describe.runIf(postgresBinaries !== null)('when the connection to PostgreSQL breaks at any query of a', () => {
  test.each(cases)('%s, %s', async (name, moment) => {
    const call = calls[name]
    if (call === undefined) throw new Error('unreachable')
    let n = 1
    while (await breaksAt(n, moment, call)) n += 1
    expect(n).toBeGreaterThan(3) // it looks up who asks, and writes
  })
})
