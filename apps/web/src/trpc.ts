import type { AppRouter } from '@rollcall/api'
import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client'
import { createTRPCReact } from '@trpc/react-query'
import type { inferRouterOutputs } from '@trpc/server'

export const trpc = createTRPCReact<AppRouter>()

export type ApiClient = TRPCClient<AppRouter>
export type Device = inferRouterOutputs<AppRouter>['devices']['list'][number]

export function createApiClient(): ApiClient {
  return createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: '/trpc' })] })
}
