import type { TestServer } from '../helpers.js'

// Each test comes from addresses of its own, as if through a proxy that the server trusts.
// Sixty requests at once on a busy machine are no outage.
export const env = {
  TRUSTED_PROXIES: 'loopback',
  REDIS_COMMAND_TIMEOUT_MS: '1000',
  REDIS_SOCKET_TIMEOUT_MS: '2000',
}
let hosts = 0
export const address = (): string => {
  hosts += 1
  return `198.51.100.${hosts}`
}

export const signInAs = (where: TestServer, from: string, email: string, password: string): Promise<Response> =>
  where.browser({ 'x-forwarded-for': from }).post('/api/auth/sign-in/email', { email, password })

export async function statuses(times: number, attempt: () => Promise<Response>): Promise<number[]> {
  const seen: number[] = []
  for (let i = 0; i < times; i += 1) seen.push((await attempt()).status)
  return seen
}

export const times = (count: number, status: number): number[] => Array.from({ length: count }, () => status)
