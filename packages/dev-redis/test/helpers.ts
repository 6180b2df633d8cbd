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
      client.once('data', (data) => resolve(data.toString()))
      client.write(`${command}\r\n`)
    })
  } finally {
    client.destroy()
  }
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, deadline = 10_000): Promise<void> {
  const end = Date.now() + deadline
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Not within ${deadline} ms: ${what}`)
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
