import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Sends one inline command and gives the raw reply. */
export async function ask(socket: string, command: string): Promise<string> {
  const client = connect(socket)
  try {
    return await new Promise<string>((resolve, reject) => {
      client.once('error', reject)
      client.once('close', () => reject(new Error('The connection closed before a reply')))
      client.once('data', (data) => resolve(data.toString()))
      client.write(`${command}\r\n`)
    })
  } finally {
    client.destroy()
  }
}

/**
 * Waits for a condition. One that fails, such as a connection that a Sentinel closes while it changes roles, does not hold
 * yet.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadline = 30_000,
): Promise<void> {
  const end = Date.now() + deadline
  let cause: unknown
  const holds = async (): Promise<boolean> => {
    try {
      return await condition()
    } catch (error) {
      cause = error
      return false
    }
  }
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not within ${deadline} ms: ${what}`, { cause })
    await sleep(10)
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'dev-redis-test-'))
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true })
    },
  }
}
