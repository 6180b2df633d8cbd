import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { codeOf, requestCommandsOf, signUpDevice, startServer } from '../helpers.js'

test('a user whose row is deleted by hand sees nothing from the next request on', async () => {
  await using server = await startServer()
  const laptop = await signUpDevice(server)
  const other = await signUpDevice(server)
  await server.flush()
  expect(await laptop.api.devices.list.query()).toHaveLength(1)
  await sql`delete from "user" where email = ${laptop.email}`.execute(server.database().kysely)

  expect(await codeOf(laptop.api.devices.list.query())).toBe('UNAUTHORIZED')
  expect(await codeOf(laptop.api.activity.list.query({}))).toBe('UNAUTHORIZED')
  expect(await codeOf(laptop.api.session.current.query())).toBe('UNAUTHORIZED')
  const stream = await laptop.stream()
  expect(await stream.message()).toMatchObject({ event: 'serialized-error' })
  await stream.close()
  expect(await other.api.devices.list.query()).toHaveLength(1)
})

test('the look for the user costs Redis nothing, and an outage of SQL signs nobody out', async () => {
  await using server = await startServer()
  const { api } = await signUpDevice(server)
  await server.flush()
  const list = () => api.devices.list.query()
  expect(await requestCommandsOf(server.redis, list)).toEqual({ hget: 1, hgetall: 1 })
  await server.database().close()
  expect(await list()).toHaveLength(1)
  expect(await codeOf(api.activity.list.query({}))).toBe('SERVICE_UNAVAILABLE')
})
