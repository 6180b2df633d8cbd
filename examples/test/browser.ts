import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { expect } from 'vitest'
import type { createSessions } from '../sessions.ts'
import type { Server } from './servers.ts'

type Router = Awaited<ReturnType<typeof createSessions>>['router']

/** A browser that has just signed up or in, and the client that its page would have. */
export async function browser({ origin, trpc }: Server, path: 'sign-up' | 'sign-in', email = 'ada@example.org') {
  const response = await fetch(`${origin}/api/auth/${path}/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ email, password: 'correct horse battery', name: 'Ada' }),
  })
  expect(response.status).toBe(200)
  const cookie = cookieOf(response)
  const api = createTRPCClient<Router>({ links: [httpBatchLink({ url: trpc, headers: { cookie } })] })
  const stream = () => fetch(`${trpc}/devices.changes`, { headers: { cookie, accept: 'text/event-stream' } })
  return { cookie, devices: api.devices, greeting: api.greeting, stream }
}

export const cookieOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((value) => value.split(';')[0])
    .join('; ')
