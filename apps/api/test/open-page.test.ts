import { expect, test } from 'vitest'
import { codeOf, signUpDevice, startServer } from './helpers.js'

const MINUTE_MS = 60_000

test('an open page whose list changes does not keep its session alive, though it asks about the changes', async () => {
  await using server = await startServer({ env: { SESSION_TIMEOUTS: 'aal3' } })
  const left = await signUpDevice(server)
  const used = server.browser()
  await used.signIn(left.email)
  const { id } = await used.api.session.current.query()
  // The idle timeout is 15 minutes.
  for (const minute of [7, 14]) {
    server.clock.ahead = minute * MINUTE_MS
    await used.api.session.current.query()
    expect(await left.api.devices.details.query({ id })).not.toBeNull()
    expect(await left.api.devices.unusual.query()).not.toEqual([])
  }
  server.clock.ahead = 16 * MINUTE_MS
  expect(await codeOf(used.api.session.current.query())).not.toBe('UNAUTHORIZED')
  expect(await codeOf(left.api.session.current.query())).toBe('UNAUTHORIZED')
})
