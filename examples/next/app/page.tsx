'use client'

import { DevicesProvider, useDevices } from '@rollcall/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from '@trpc/client'
import { useState } from 'react'
import type { createSessions } from '../../sessions.ts'

type Router = Awaited<ReturnType<typeof createSessions>>['router']

const url = '/api/trpc'
const api = createTRPCClient<Router>({
  links: [
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: httpSubscriptionLink({ url }),
      false: httpBatchLink({ url }),
    }),
  ],
})

export default function Page() {
  const [queries] = useState(() => new QueryClient())
  const [sessionId] = useState<string>() // the id of better-auth's get-session
  return (
    <QueryClientProvider client={queries}>
      <DevicesProvider client={api.devices} sessionId={sessionId} onEnded={() => location.assign('/sign-in')}>
        <Devices />
      </DevicesProvider>
    </QueryClientProvider>
  )
}

function Devices() {
  const { list, revoke } = useDevices()
  const devices = list.data?.map(({ id, browser, isCurrent }) => (
    <li key={id}>
      {browser} {!isCurrent && <button onClick={() => revoke.mutate({ id })}>Sign out</button>}
    </li>
  ))
  return <ul>{devices}</ul>
}
