import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds for a new server to answer, counted anew while it says that it is loading its data. */
const READY_DEADLINE_MS = 15_000
/** Milliseconds for a server to end by itself before it is killed. */
const END_DEADLINE_MS = 5_000
/** Milliseconds for one reply. */
const REPLY_DEADLINE_MS = 250
/** Milliseconds between two looks. */
export const POLL_MS = 10
/** The supervisor's exit status: EX_TEMPFAIL. */
const FOLDER_IN_USE = 75

/**
 * Runs "$@" and ends with it. When standard input ends, be it by the parent's death, it ends the server.
 * The server alone holds the lock on its folder, so the kernel frees it however the server dies.
 * A line on standard input before its end says that the parent lives and tidies up by itself.
 */
const SUPERVISOR = `
umask 077
folder=$1 temporary=$2
shift 2
exec 3<&0 9>"$folder/redis.lock"
if command -v flock >/dev/null && ! flock -n 9; then exit ${FOLDER_IN_USE}; fi
exec 2>"$folder/redis.log"
"$@" 3<&- </dev/null >&2 &
redis=$!
exec 9>&-
(
  read -r parent_lives <&3
  trap '' TERM
  kill -TERM "$redis"; kill -CONT "$redis"
  [ -n "$parent_lives" ] || exit 3
) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
echo "$redis"
wait "$redis"
status=$?
kill "$watcher" 2>/dev/null
wait "$watcher"
if [ $? -eq 3 ] && [ -n "$temporary" ]; then rm -rf -- "$temporary"; fi
exit "$status"
`

export interface Plan {
  readonly command: readonly string[]
  readonly folder: string
  readonly socket: string
  /** Removed by the supervisor when this process dies without `end()`. */
  readonly temporary: string | undefined
}

/** One life of a server, from its start to its end. */
export interface Life {
  readonly pid: number
  /** Resolves when the server has ended, whatever the cause. */
  readonly ended: Promise<void>
  /** Asks it to end, insists after a while, and resolves when it has. */
  end(): Promise<void>
}

/** Resolves when the server answers; with undefined when a live one holds the folder. */
export async function launch({ command, folder, socket, temporary }: Plan): Promise<Life | undefined> {
  const supervisor = spawn('sh', ['-c', SUPERVISOR, 'redis', folder, temporary ?? '', ...command], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Out of the terminal's process group: its Ctrl-C is for this process, which ends Redis last.
    detached: true,
  })
  // It may be gone when the word to end is written.
  supervisor.stdin.on('error', () => undefined)
  const exited = once(supervisor, 'exit')
  const hasExited = () => supervisor.exitCode !== null || supervisor.signalCode !== null

  let output = ''
  for await (const chunk of supervisor.stdout) {
    output += String(chunk)
    if (output.endsWith('\n')) break
  }
  if (output === '') {
    await exited
    if (supervisor.exitCode === FOLDER_IN_USE) return undefined
    throw new Error(`Redis did not start on ${folder}: its supervisor ended with ${supervisor.exitCode}.`)
  }

  const pid = Number(output)
  const life: Life = {
    pid,
    ended: exited.then(() => {
      supervisor.stdin.destroy()
    }),
    async end() {
      if (hasExited()) return
      supervisor.ref()
      supervisor.stdin.end('the parent lives\n')
      const insist = setTimeout(() => process.kill(pid, 'SIGKILL'), END_DEADLINE_MS)
      await exited
      clearTimeout(insist)
    },
  }

  let deadline = Date.now() + READY_DEADLINE_MS
  for (;;) {
    const reply = await ask(socket)
    if (hasExited()) throw new Error(`Redis did not start on ${folder}:\n${await logEnd(folder)}`)
    // A server with a password is ready too.
    if (reply?.startsWith('+PONG') || reply?.startsWith('-NOAUTH')) break
    if (reply?.startsWith('-LOADING')) deadline = Date.now() + READY_DEADLINE_MS
    if (Date.now() > deadline) {
      await life.end()
      throw new Error(`Redis did not answer within ${READY_DEADLINE_MS} ms on ${folder}:\n${await logEnd(folder)}`)
    }
    await sleep(POLL_MS)
  }
  supervisor.unref()
  if (supervisor.stdin instanceof Socket) supervisor.stdin.unref()
  return life
}

/** The start of what a listener answers: undefined when nobody listens, empty when it stays silent. */
export async function ask(socket: string, command = 'PING', deadline = REPLY_DEADLINE_MS): Promise<string | undefined> {
  const client = connect(socket)
  const reply = await new Promise<string | undefined>((resolve) => {
    client.setTimeout(deadline, () => resolve(''))
    client.once('connect', () => client.write(`${command}\r\n`))
    client.once('data', (data) => resolve(data.toString()))
    client.once('end', () => resolve(''))
    client.once('error', () => resolve(undefined))
  })
  client.destroy()
  return reply
}

async function logEnd(folder: string): Promise<string> {
  const log = await readFile(join(folder, 'redis.log'), 'utf8').catch(() => '')
  return log.trimEnd().split('\n').slice(-5).join('\n')
}
