import { execFile, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { programPath } from './env.js'

export interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a command line, as a shell reads it. */
export interface Shell {
  run(line: string, env: Readonly<Record<string, string>>): Promise<Result>
  close(): void
}

const program = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url))

/** A process for each command, as when a person types it. */
export function startShell(): Shell {
  return {
    async run(line, env) {
      const script = `rollcall() { "$NODE" "$PROGRAM" "$@"; }\n${line}`
      const own = { PATH: programPath, NODE: process.execPath, PROGRAM: program }
      const child = spawn('sh', ['-c', script], { env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
      const printed = { out: '', err: '' }
      child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()))
      await once(child, 'close')
      return { code: child.exitCode, ...printed }
    },
    close: () => undefined,
  }
}

/** One process for all commands. The shell still reads the line, so quotes count. */
export function startQuickShell(): Shell {
  const child = fork(new URL('../processes/commands.js', import.meta.url), {
    env: { PATH: programPath },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const split = promisify(execFile)
  return {
    async run(line, env) {
      const { stdout } = await split('sh', ['-c', `rollcall() { printf '%s\\0' "$@"; }\n${line}`])
      const answered = once(child, 'message')
      child.send({ args: stdout.split('\0').slice(0, -1), env })
      const [result] = (await answered) as [Result] // sent by commands.js
      return result
    },
    close: () => void child.kill(),
  }
}
