import { MovingSlotsError, SessionStoreUnavailableError } from '@rollcall/session-store'
import { ReauthenticationRequiredError } from '@rollcall/trpc'
import { TRPCError } from '@trpc/server'
import { APIError } from 'better-auth/api'
import { Hono } from 'hono'
import SqliteDatabase from 'libsql'
import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { OtherSessionError } from '../src/accounts/expected-session.js'
import {
  auditResult,
  DatabaseUnavailableError,
  fieldMessages,
  MailQueueFullError,
  publicError,
  RateLimitedError,
  trpcBody,
} from '../src/errors.js'
import { answerError, type HttpEnv } from '../src/http/http.js'
import { newEmail, signUpDevice, startServer } from './helpers.js'

const secret = 'duplicate key (email)=(ada@example.org)'
const cause = new Error(secret)
const zod = z.object({ name: z.string('must be text') }).safeParse({ name: 7 }).error
const generic = { code: 'INTERNAL_SERVER_ERROR', reason: null, message: 'Something went wrong', status: 500 }
const outage = {
  code: 'SERVICE_UNAVAILABLE',
  reason: null,
  message: 'This does not work at the moment. Please try again.',
  status: 503,
  retryAfter: 1,
}

describe('what the outside learns of an error', () => {
  const errors: [string, unknown, object][] = [
    ['an unexpected one', cause, generic],
    ['what is no error', secret, generic],
    [
      'an unexpected one of a procedure',
      new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: secret, cause }),
      generic,
    ],
    ['an unexpected one without a cause', new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: secret }), generic],
    ['an outage of Redis', new SessionStoreUnavailableError(cause), outage],
    ['an outage of the database', new DatabaseUnavailableError(cause), outage],
    [
      'an outage within a procedure',
      new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: new DatabaseUnavailableError(cause) }),
      outage,
    ],
    [
      'an outage that a procedure names',
      new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: secret, cause: new SessionStoreUnavailableError(cause) }),
      outage,
    ],
    [
      'a limit',
      new RateLimitedError(42),
      {
        code: 'TOO_MANY_REQUESTS',
        status: 429,
        retryAfter: 42,
        message: 'Too many attempts. Please wait before you try again.',
      },
    ],
    [
      'an address that cannot be decoded',
      new URIError(secret),
      { code: 'BAD_REQUEST', status: 400, message: 'The address is not valid' },
    ],
    [
      'input of a wrong shape',
      new TRPCError({ code: 'BAD_REQUEST', message: secret, cause: zod }),
      { code: 'BAD_REQUEST', status: 400, message: 'name: must be text' },
    ],
    [
      'input that is no JSON',
      new TRPCError({ code: 'PARSE_ERROR', message: secret, cause: new SyntaxError(secret) }),
      { code: 'BAD_REQUEST', status: 400, message: 'The input is not valid JSON' },
    ],
    [
      'a refusal',
      new TRPCError({ code: 'FORBIDDEN', message: 'No', cause: new ReauthenticationRequiredError() }),
      { code: 'FORBIDDEN', status: 403, message: 'No', reason: 'REAUTHENTICATE' },
    ],
    [
      'a proof that is too old, outside of a procedure',
      new ReauthenticationRequiredError(),
      { code: 'FORBIDDEN', status: 403, message: 'Please prove again who you are', reason: 'REAUTHENTICATE' },
    ],
    [
      'a change for another session than that of the browser',
      new OtherSessionError(),
      {
        code: 'CONFLICT',
        status: 409,
        message: 'This browser has signed in again since this page was shown. Nothing was changed.',
        reason: 'OTHER_SESSION',
      },
    ],
    ['a full queue of mails', new MailQueueFullError(), outage],
  ]
  test.each(errors)('%s', (_, error, shown) => {
    expect(publicError(error)).toMatchObject(shown)
    expect(JSON.stringify(publicError(error))).not.toContain('ada@')
    expect(JSON.stringify(trpcBody(publicError(error)))).not.toContain('ada@')
  })

  test('over HTTP', async () => {
    const app = new Hono<HttpEnv>()
    app.get('/trpc/failing', () => {
      throw cause
    })
    app.get('/limited', () => {
      throw new RateLimitedError(42)
    })
    app.onError((error, c) => answerError(c, error))
    const failed = await app.request('/trpc/failing')
    expect(failed.status).toBe(500)
    expect(await failed.json()).toEqual({
      error: {
        message: 'Something went wrong',
        code: -32603,
        data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500 },
      },
    })
    const limited = await app.request('/limited')
    expect({ status: limited.status, retryAfter: limited.headers.get('retry-after') }).toEqual({
      status: 429,
      retryAfter: '42',
    })
  })
})

test.each([
  ['RateLimitedError: A rate limit was reached', () => new RateLimitedError(1)],
  ['OtherSessionError: The browser is signed in as another session', () => new OtherSessionError()],
  ['DatabaseUnavailableError: The database is unavailable', () => new DatabaseUnavailableError(cause)],
  ['MailQueueFullError: The mail queue is full', () => new MailQueueFullError()],
])('log and traces say %s', (line, create) => {
  expect(String(create())).toBe(line)
})

test('each wrong field is named, and input that is wrong as a whole is not', () => {
  const { error } = z
    .object({ a: z.string('must be text'), b: z.object({ c: z.int('must be whole') }) })
    .safeParse({ a: 1, b: { c: 'x' } })
  if (error === undefined) throw new Error('This must not pass')
  expect(fieldMessages(error)).toBe('a: must be text; b.c: must be whole')
  const whole = z.string('must be text').safeParse(1).error
  expect(whole && fieldMessages(whole)).toBe('must be text')
})

function refusal(code: string): Error {
  return Object.assign(new DatabaseError(secret, 0, 'error'), { code })
}

describe('of the errors that stop a call', () => {
  const { SqliteError } = SqliteDatabase
  const store = new SessionStoreUnavailableError(cause)
  test.each([
    ['the store', store],
    ['the store, within an error of better-auth', Object.assign(new APIError('CONFLICT'), { cause: store })],
    ['slots of a Cluster that keep moving', new MovingSlotsError()],
    ['a full mail queue', new MailQueueFullError()],
    ['a locked SQLite file', new SqliteError(secret, 'SQLITE_BUSY_SNAPSHOT')],
    ['a full disk', new SqliteError(secret, 'SQLITE_FULL')],
    [
      'a failing disk, within another error',
      new Error('failed', { cause: new SqliteError(secret, 'SQLITE_IOERR_READ') }),
    ],
    ['PostgreSQL on a full disk', refusal('53100')],
    ['PostgreSQL that shuts down', refusal('57P01')],
    ['a standby of PostgreSQL', refusal('25006')],
    ['a deadlock', refusal('40P01')],
  ])('%s is an outage', (_, error) => {
    expect(publicError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: error }))).toMatchObject(outage)
    expect(auditResult(error)).toBe('unavailable')
  })

  test.each([
    ['a bug', new TypeError(secret)],
    ['bad input that got that far', new RangeError(secret)],
    ['a table that SQLite does not have', new SqliteError(secret, 'SQLITE_ERROR')],
    ['a row that SQLite refuses', new SqliteError(secret, 'SQLITE_CONSTRAINT_UNIQUE')],
    ['a table that PostgreSQL does not have', refusal('42P01')],
    ['a value that PostgreSQL cannot store', refusal('22021')],
    ['a row that PostgreSQL refuses', refusal('23505')],
    ['an error of better-auth', new APIError('BAD_REQUEST', { message: secret })],
  ])('%s is none, and refuses nobody', (_, error) => {
    expect(publicError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: error }))).toEqual(generic)
    expect(auditResult(error)).toBe('unavailable')
  })

  test('a limit is a refusal', () => {
    expect(auditResult(new RateLimitedError(1))).toBe('refused')
  })
})

test('what fails unexpectedly within better-auth or a procedure says nothing of it, and leaves its reason in the log', async () => {
  await using server = await startServer()
  const { api } = await signUpDevice(server)
  const { kysely } = server.database()
  await kysely.schema.alterTable('user').renameTo('moved').execute()
  const answers = [
    await server
      .browser()
      .post('/api/auth/sign-up/email', { email: newEmail(), password: 'correct horse battery staple', name: 'Ada' }),
    await server
      .browser()
      .post('/api/auth/sign-in/email', { email: newEmail(), password: 'correct horse battery staple' }),
  ]
  for (const answer of answers) {
    expect(await answer.text()).not.toMatch(/no such table|relation|select|insert|user/i)
    expect(answer.status).toBeGreaterThanOrEqual(500)
  }
  const error: unknown = await api.session.current.query().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ data: { code: 'INTERNAL_SERVER_ERROR' }, message: generic.message })
  expect(JSON.stringify(server.lines())).toMatch(/"level":"error".*(?:no such table|does not exist)/)
})
