import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** The server as a process of its own, as built. Resolves once it listens, or has ended. */
export async function runServer(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  let output = ''
  const listening = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk)
        if (output.includes('is listening on')) resolve()
      })
    }
  })
  await Promise.race([listening, once(child, 'close')])
  return {
    output: () => output,
    /** `null` when it ended instead. */
    url: /listening on (\S+)/.exec(output)?.[1] ?? null,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}
