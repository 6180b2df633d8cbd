import type { AppRouter } from '@rollcall/api'
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, type TRPCClient } from '@trpc/client'
import { createTRPCReact } from '@trpc/react-query'
import type { inferRouterOutputs } from '@trpc/server'

export const trpc = createTRPCReact<AppRouter>()

export type ApiClient = TRPCClient<AppRouter>
type Outputs = inferRouterOutputs<AppRouter>
type Told = Outputs['devices']['changes'] extends AsyncIterable<infer Message> ? Message : never
/** How a session ended, as its stream tells it. */
export type Ending = Extract<Told, { type: 'ended' }>
export type Device = Outputs['devices']['list'][number]
export type ActivityEntry = Outputs['activity']['list']['entries'][number]

export function createApiClient(): ApiClient {
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({ url: '/trpc' }),
        false: httpBatchLink({ url: '/trpc' }),
      }),
    ],
  })
}
