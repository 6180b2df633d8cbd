import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** Milliseconds. A command that hangs is killed, and has no exit code. */
const LIMIT_MS = 30_000

type Env = Record<string, string>

/** The command `rollcall`, each time as a process of its own. */
export function createCommand(env: () => Env) {
  function start(args: readonly string[], more: Env = {}) {
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env['PATH'], ...env(), ...more },
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    const printed = { out: '', err: '' }
    child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()))
    return { child, printed, ended: exitCodeOf(child) }
  }

  async function run(args: readonly string[], more?: Env) {
    const { printed, ended } = start(args, more)
    const code = await ended
    return { code, ...printed }
  }

  /** Each line of standard output is one JSON object. */
  async function runJson(args: readonly string[], more?: Env) {
    const { code, out, err } = await run(['--json', ...args], more)
    const lines = out.split('\n').filter((line) => line !== '')
    return { code, err, results: lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
  }

  return { start, run, runJson }
}

/** `null` for a process that was killed. */
async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  const [code]: unknown[] = await once(child, 'close')
  return typeof code === 'number' ? code : null
}
