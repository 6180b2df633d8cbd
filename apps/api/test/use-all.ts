import { expect } from 'vitest'
import { PASSWORD, signUpDevice, type TestServer } from './helpers.js'

/** Everything that leaves something in Redis or on a channel: sessions, events, limits, probes, streams, the near-cache. */
export async function useAll(server: TestServer): Promise<string> {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  await server.browser().post('/api/auth/sign-in/email', { email: laptop.email, password: 'a guess' })
  await server.browser().post('/api/auth/request-password-reset', { email: laptop.email })
  const stream = await laptop.stream()
  expect(await stream.message()).toHaveLength(2)
  await phone.post('/api/auth/sign-out', {})
  expect(await stream.message()).toHaveLength(1)
  await stream.close()
  await laptop.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: `${PASSWORD} anew` })
  await laptop.api.activity.list.query({})
  await server.send('/csp-report', {
    method: 'POST',
    headers: { 'content-type': 'application/csp-report' },
    body: '{"csp-report":{}}',
  })
  await server.send('/readyz')
  await server.flush()
  return laptop.email
}
