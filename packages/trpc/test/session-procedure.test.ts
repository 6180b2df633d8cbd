import { type Session, SessionStoreUnavailableError } from '@rollcall/session-store'
import { initTRPC, TRPCError } from '@trpc/server'
import { describe, expect, test } from 'vitest'
import { createSessionProcedure } from '../src/index.js'

const outage = new SessionStoreUnavailableError(new Error('no answer'))

function asking(authenticate: () => Promise<null>) {
  const t = initTRPC.create()
  const procedure = t.procedure.concat(createSessionProcedure(authenticate))
  return t.createCallerFactory(t.router({ question: procedure.query(() => 'answer') }))({})
}

test.each([
  ['rejects', () => Promise.reject(outage)],
  [
    'throws at once',
    () => {
      throw outage
    },
  ],
  ['takes it for a refusal', () => Promise.reject(new TRPCError({ code: 'UNAUTHORIZED', cause: outage }))],
])('an outage is no sign-out, though the application %s', async (_, authenticate) => {
  await expect(asking(authenticate).question()).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: 'This does not work at the moment. Please try again.',
  })
})

test('nobody is nobody', async () => {
  await expect(asking(async () => null).question()).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'Please sign in',
  })
})

test('an error that is no outage stays as it is', async () => {
  const failure = new Error('a fault of the application')
  await expect(asking(() => Promise.reject(failure)).question()).rejects.toMatchObject({
    code: 'INTERNAL_SERVER_ERROR',
    cause: failure,
  })
})

describe('a procedure of a signed-in person', () => {
  const now = new Date()
  const session: Session = {
    id: 'a session',
    userId: 'ada',
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now,
    authenticatedAt: now,
    ipAddress: null,
    userAgent: null,
    data: {},
  }
  function createCaller() {
    const t = initTRPC.create()
    const procedure = t.procedure.concat(createSessionProcedure(async () => ({ session, token: 'a token' })))
    return t.createCallerFactory(
      t.router({
        context: procedure.query(({ ctx }) => [ctx.session, ctx.token]),
        outage: procedure.query(() => Promise.reject(outage)),
        conflict: procedure.query(() => Promise.reject(new TRPCError({ code: 'CONFLICT' }))),
      }),
    )({})
  }

  test('is given the session and the token', async () => {
    expect(await createCaller().context()).toEqual([session, 'a token'])
  })

  test('answers an outage in the procedure itself with 503, and its other errors as they are', async () => {
    await expect(createCaller().outage()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    await expect(createCaller().conflict()).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})
