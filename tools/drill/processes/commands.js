// Forked by src/shells.ts. Runs commands of `rollcall` in one process: to load it takes a second each time.
void import('@rollcall/api/services') // while the servers start

/** @typedef {{ args: string[], env: Record<string, string> }} Command */

const program = new URL('../../../apps/cli/dist/main.js', import.meta.url)
/** @type {{ out: string[], err: string[] }} */
let printed = { out: [], err: [] }
let runs = 0
process.stdout.write = (text) => printed.out.push(String(text)) > 0
process.stderr.write = (text) => printed.err.push(String(text)) > 0

/** @param {Command} command */
async function run({ args, env }) {
  printed = { out: [], err: [] }
  Object.assign(process.env, env)
  process.argv = [process.execPath, program.pathname, ...args]
  process.exitCode = undefined
  await import(`${program.href}?run=${(runs += 1)}`) // its own module again, on those that are loaded
  process.send?.({ code: process.exitCode ?? 0, out: printed.out.join(''), err: printed.err.join('') })
}

process.on('message', (/** @type {Command} */ command) => void run(command))
process.once('disconnect', () => process.exit())
