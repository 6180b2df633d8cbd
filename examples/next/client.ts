import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from '@trpc/client'
import { createAuthClient } from 'better-auth/client'
import type { createSessions } from '../sessions.ts'

type Router = Awaited<ReturnType<typeof createSessions>>['router']

const url = '/api/trpc'
export const api = createTRPCClient<Router>({
  links: [
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: httpSubscriptionLink({ url }),
      false: httpBatchLink({ url }),
    }),
  ],
})

const authClient = createAuthClient()
/** `null` if nobody is signed in. An outage rejects. */
export const getSession = () => authClient.getSession({ fetchOptions: { throw: true } })
