import type { AppRouter } from '@rollcall/api'
import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
} from '@trpc/client'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { createContext, use } from 'react'
import { learnServerTime } from '../server-time.js'
import { expectedSessionHeaders } from './expected-session.js'

export type ApiClient = TRPCClient<AppRouter>
type Outputs = inferRouterOutputs<AppRouter>
export type { Device, SessionEnd } from '@rollcall/react'
export type CurrentSession = Outputs['session']['current']
export type ActivityPage = Outputs['activity']['list']
export type ActivityEntry = ActivityPage['entries'][number]
export type EmailChange = NonNullable<Outputs['emailChange']['pending']>
export type Person = Outputs['admin']['people']['search']['people'][number]
export type FoundSessions = Outputs['admin']['sessions']['find']
export type SessionFilter = inferRouterInputs<AppRouter>['admin']['sessions']['find']['filter']
export type Operation = Outputs['admin']['operations']['list'][number]
export type Passkey = Outputs['passkeys']['list'][number]
export type LinkedProvider = Outputs['providers']['list']['linked'][number]
export type UnusualSign = Outputs['devices']['unusual'][number]['signs'][number]

const calls = {
  url: '/trpc',
  headers: expectedSessionHeaders,
  // The cast: what tRPC passes may name what it leaves undefined.
  fetch: async (input: RequestInfo | URL | string, init?: object) =>
    learnServerTime(await fetch(input, init as RequestInit)),
}

export function createApiClient(): ApiClient {
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({ url: '/trpc' }),
        false: splitLink({
          condition: ({ context }) => context['isAlone'] === true,
          true: httpLink(calls),
          false: httpBatchLink(calls),
        }),
      }),
    ],
  })
}

/** For a query that needs SQL beside some that do not: in one batch, all of them would wait for it. */
export const alone = { context: { isAlone: true } }

export const ApiContext = createContext<ApiClient | null>(null)

/** The client of the API. Pages put its answers into react-query themselves: its own hooks are a twentieth of a first visit's script. */
export function useApi(): ApiClient {
  const api = use(ApiContext)
  if (!api) throw new Error('useApi needs an ApiContext')
  return api
}
