import { expect, test } from 'vitest'
import { codeOf, signUpDevice, startServer } from './helpers.js'

const MINUTE = 60_000

test.each([5, 90])('a proof of the password is good for REAUTHENTICATION_MINUTES: %i', async (minutes) => {
  await using server = await startServer({ env: { REAUTHENTICATION_MINUTES: String(minutes) } })
  const { api } = await signUpDevice(server)
  server.clock.ahead = (minutes - 1) * MINUTE
  expect(await api.devices.revokeOthers.mutate()).toEqual({ revoked: 0 })
  server.clock.ahead = minutes * MINUTE
  expect(await codeOf(api.devices.revokeOthers.mutate())).toBe('FORBIDDEN')
})
