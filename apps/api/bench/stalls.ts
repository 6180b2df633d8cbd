// Pauses of the server, a Redis that hangs, and a machine that is busy: which answers are 503? npm run measure:stalls
import { setTimeout as sleep } from 'node:timers/promises'
import { redisOptions } from '@rollcall/session-store'
import { busy, openScene } from './stall-scenes.js'

const PAUSES = 12
const CLIENTS = 16
const BUSY_MS = 10_000
const MAX_AFTER_LIMIT_MS = 100

await using scene = await openScene()

const paused = await scene.measureDuring(
  async () => {
    for (let n = 0; n < PAUSES; n += 1) {
      await sleep(300)
      await scene.server.pause(100 + (900 * n) / (PAUSES - 1))
    }
    await sleep(300)
  },
  { clients: CLIENTS },
)
console.log(`${PAUSES} pauses of the server, 0.1 to 1 s, beside ${CLIENTS} clients`)
console.table(paused)

const hung = await scene.whileHung(5)
const slowest = Math.round(Math.max(...hung))
console.log(
  `Redis hangs: 503 after ${hung.map(Math.round).join(', ')} ms; the limit is ${redisOptions.commandTimeout} ms`,
)

const crowded = await scene.measureDuring(() => busy(BUSY_MS), { clients: CLIENTS, signingIn: 2 })
console.log('Four busy loops a core, and people signing in')
console.table(crowded)

const missed = [
  paused.unavailable > 0 && 'answers were 503 although only the server paused',
  paused.reconnects > 0 && 'healthy connections were closed',
  slowest > redisOptions.commandTimeout + MAX_AFTER_LIMIT_MS && 'a 503 came late while Redis hung',
  crowded.unavailable > 0 && 'answers were 503 on a busy machine',
].filter((text) => text !== false)
for (const text of missed) console.error(`Missed: ${text}`)
process.exitCode = missed.length === 0 ? 0 : 1
