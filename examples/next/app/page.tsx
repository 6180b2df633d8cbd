'use client'

import { DevicesProvider, useDevices } from '@rollcall/react'
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, getSession } from '../client.ts'

export default function Page() {
  const [queries] = useState(() => new QueryClient())
  return (
    <QueryClientProvider client={queries}>
      <Account />
    </QueryClientProvider>
  )
}

function Account() {
  const { data } = useQuery({ queryKey: ['session'], queryFn: getSession }) // the hooks fetch it again for another cookie
  if (data === null) return <p>Sign in first.</p>
  return (
    <DevicesProvider client={api.devices} sessionId={data?.session.id} onEnded={() => location.reload()}>
      <Devices />
    </DevicesProvider>
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
