// Forked by src/servers.ts. Starts the server with the environment of a message; without one, it only stops the last.
import { main } from '@rollcall/api/main'

const passwordCost = { N: 2 ** 10, r: 8, p: 1 } // a drill would mostly compute hashes
/** @type {{ close(): Promise<void> } | undefined} */
let running

/** @param {{ env?: NodeJS.ProcessEnv }} message */
async function restart({ env }) {
  await running?.close()
  running = env && (await main({ env, passwordCost }))
  process.send?.({})
}

process.on('message', (/** @type {{ env?: NodeJS.ProcessEnv }} */ message) => void restart(message))
process.once('disconnect', () => process.exit())
