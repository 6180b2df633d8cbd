import { initTRPC } from '@trpc/server'
import { expect, test } from 'vitest'
import { createSessionProcedure } from '../src/index.js'

type RequestedOptions = { readonly touch: boolean; readonly strict: boolean }

const asked: RequestedOptions[] = []
const t = initTRPC.create()
const procedure = t.procedure.concat(
  createSessionProcedure(async (_, options) => {
    asked.push(options)
    return null
  }),
)
const caller = t.createCallerFactory(
  t.router({
    query: procedure.query(() => 'answer'),
    mutation: procedure.mutation(() => 'done'),
    subscription: procedure.subscription(async function* () {}),
  }),
)({})

/** Only a query may be answered by a near-cache, and an open page is no use. */
const rules = {
  query: { touch: true, strict: false },
  mutation: { touch: true, strict: true },
  subscription: { touch: false, strict: true },
} satisfies Record<keyof typeof caller, RequestedOptions>

test.each(Object.entries(rules))('for a %s the application is asked with the right options', async (type, options) => {
  await expect(caller[type as keyof typeof rules]()).rejects.toMatchObject({ code: 'UNAUTHORIZED' }) // the keys of `rules`
  expect(asked.splice(0)).toEqual([options])
})
