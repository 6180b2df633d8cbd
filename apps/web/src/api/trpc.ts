import type { AppRouter } from '@rollcall/api'
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, type TRPCClient } from '@trpc/client'
import { createTRPCReact } from '@trpc/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { expectedSessionHeaders } from './expected-session.js'

export const trpc = createTRPCReact<AppRouter>()

export type ApiClient = TRPCClient<AppRouter>
type Outputs = inferRouterOutputs<AppRouter>
export type { Device, Ended as Ending } from '@rollcall/react'
export type ActivityEntry = Outputs['activity']['list']['entries'][number]

export function createApiClient(): ApiClient {
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({ url: '/trpc' }),
        false: httpBatchLink({ url: '/trpc', headers: expectedSessionHeaders }),
      }),
    ],
  })
}
