import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { initTRPC, TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
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
  await expect(asking(authenticate).question()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})

test('nobody is nobody', async () => {
  await expect(asking(async () => null).question()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
})
