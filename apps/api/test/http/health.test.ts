import { expect, test } from 'vitest'
import { commandsOf, startServer } from '../helpers.js'

test('however many ask at once or one after the other, /readyz writes to Redis once a second at most', async () => {
  await using server = await startServer()
  const started = performance.now()
  const commands = await commandsOf(server.redis, async () => {
    const many = await Promise.all(Array.from({ length: 100 }, () => server.send('/readyz')))
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]))
    for (let n = 0; n < 50; n += 1) await server.send('/readyz')
  })
  expect(commands['set'] ?? 0).toBeLessThanOrEqual(1 + (performance.now() - started) / 1_000)
})

test('an answer of /readyz is about the last second, and not about an earlier one', async () => {
  await using server = await startServer()
  expect((await server.send('/readyz')).status).toBe(200)
  await server.database().close()
  await expect.poll(async () => (await server.send('/readyz')).status).toBe(503)
})
