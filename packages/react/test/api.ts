import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from '@trpc/client'
import { EventSource } from 'eventsource'
import type { AppRouter } from './app.js'
import { network } from './network.js'

const url = 'http://localhost:3000/trpc'
const answer = (input: RequestInfo | URL, init?: object) => network.answer(new Request(input, init))

export const api = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: ({ type }) => type === 'subscription',
      // A browser has an EventSource of its own, happy-dom has none.
      true: httpSubscriptionLink({ url, EventSource, eventSourceOptions: { fetch: answer } }),
      false: httpBatchLink({ url, fetch: answer }),
    }),
  ],
})
