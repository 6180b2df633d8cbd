import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openScene } from '../bench/stall-scenes.js'

test('pauses of the server, beside clients, are no outage of Redis, and close no connection to it', async () => {
  await using scene = await openScene()
  const outcome = await scene.measureDuring(
    async () => {
      for (const milliseconds of [300, 600, 900]) {
        await sleep(100)
        await scene.server.pause(milliseconds)
      }
      await sleep(100)
    },
    { clients: 8 },
  )
  expect(outcome).toEqual({ answers: expect.any(Number), unavailable: 0, reconnects: 0 })
  expect(outcome.answers).toBeGreaterThan(8)
})
