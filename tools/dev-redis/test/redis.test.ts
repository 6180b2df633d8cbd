import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startRedis } from '../src/index.js'
import { ask, isAlive, temporaryFolder, until } from './helpers.js'

test('starts on a socket of its own, with no port, and refuses to evict', async () => {
  await using redis = await startRedis()
  expect(await ask(redis.url, 'PING')).toBe('+PONG\r\n')
  expect(await ask(redis.url, 'CONFIG GET port')).toContain('\r\n0\r\n')
  expect(await ask(redis.url, 'CONFIG GET maxmemory-policy')).toContain('noeviction')
  expect(await ask(redis.url, 'INFO server')).toContain(`process_id:${redis.pid}\r\n`)
  expect((await stat(dirname(redis.url))).mode & 0o777).toBe(0o700)
  expect((await stat(redis.url)).mode & 0o777).toBe(0o700)
})

test('takes further arguments', async () => {
  await using redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
  expect(await ask(redis.url, 'CONFIG GET maxmemory-policy')).toContain('allkeys-lru')
})

test('two at once are separate', async () => {
  await using one = await startRedis()
  await using other = await startRedis()
  await ask(one.url, 'SET colour red')
  expect(await ask(other.url, 'GET colour')).not.toContain('red')
})

test('stop ends the server, even a hung one, and removes its temporary folder', async () => {
  const redis = await startRedis()
  process.kill(redis.pid, 'SIGSTOP')
  await redis.stop()
  expect(isAlive(redis.pid)).toBe(false)
  expect(existsSync(dirname(redis.url))).toBe(false)
  await redis.stop()
})

test('data survive kill -9 of Redis', async () => {
  await using folder = await temporaryFolder()
  await using redis = await startRedis({ dir: join(folder.path, 'data'), persist: true })
  const { url, pid } = redis
  await ask(url, 'SET colour red')
  process.kill(pid, 'SIGKILL')
  await redis.restart()
  expect(redis.url).toBe(url)
  expect(redis.pid).not.toBe(pid)
  expect(await ask(url, 'GET colour')).toContain('red')
})

test('data survive stop and a later start on the same folder', async () => {
  await using folder = await temporaryFolder()
  const first = await startRedis({ dir: folder.path, persist: true })
  await ask(first.url, 'SET colour red')
  await first.stop()
  await using second = await startRedis({ dir: folder.path, persist: true })
  expect(await ask(second.url, 'GET colour')).toContain('red')
})

test('a folder may have a long path, spaces and umlauts', async () => {
  await using folder = await temporaryFolder()
  const dir = join(folder.path, 'käse und brot', 'x'.repeat(120))
  const redis = await startRedis({ dir, persist: true })
  await ask(redis.url, 'SET colour red')
  await redis.stop()
  expect(existsSync(dirname(redis.url))).toBe(false)
  await using again = await startRedis({ dir, persist: true })
  expect(await ask(again.url, 'GET colour')).toContain('red')
})

test.for([
  ['short', ''],
  ['long', 'x'.repeat(120)],
] as const)('a second start on a live folder is refused, with a %s path', async ([, sub]) => {
  await using folder = await temporaryFolder()
  const dir = join(folder.path, sub)
  await using first = await startRedis({ dir })
  await expect(startRedis({ dir })).rejects.toThrow(dir)
  expect(await ask(first.url, 'PING')).toBe('+PONG\r\n')
})

test('of many starts on one folder at the same time, one wins', async () => {
  await using folder = await temporaryFolder()
  const starts = await Promise.allSettled(Array.from({ length: 4 }, () => startRedis({ dir: folder.path })))
  const won = starts.filter((start) => start.status === 'fulfilled')
  expect(won).toHaveLength(1)
  const [winner] = won
  expect(await ask(winner!.value.url, 'INFO server')).toContain(`process_id:${winner!.value.pid}\r\n`)
  await winner!.value.stop()
})

test('a start waits for a Redis that is just stopping', async () => {
  await using folder = await temporaryFolder()
  const first = await startRedis({ dir: folder.path, persist: true })
  process.kill(first.pid, 'SIGSTOP')
  const second = startRedis({ dir: folder.path, persist: true })
  await first.stop()
  await using redis = await second
  expect(await ask(redis.url, 'PING')).toBe('+PONG\r\n')
})

test('an argument that Redis refuses is named', async () => {
  await expect(startRedis({ args: ['--no-such-directive', 'yes'] })).rejects.toThrow('no-such-directive')
})

interface Parent {
  readonly process: ChildProcess
  readonly url: string
  readonly pid: number
}

/** A process of its own that starts a Redis. */
async function parent(then: string): Promise<Parent> {
  const script = `
    import { startRedis } from '@rollcall/dev-redis'
    const redis = await startRedis()
    ${then}
    console.log(JSON.stringify({ url: redis.url, pid: redis.pid }));`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dirname(import.meta.dirname),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { process: child, ...(JSON.parse(line.toString()) as { url: string; pid: number }) }
}

test.for([
  ['running', 'SIGCONT'],
  ['hung', 'SIGSTOP'],
] as const)('a %s Redis dies when its parent is killed, and leaves no folder', async ([, signal]) => {
  const { process: child, url, pid } = await parent('setInterval(() => {}, 1000);')
  process.kill(pid, signal)
  child.kill('SIGKILL')
  await until('Redis is gone', () => !isAlive(pid))
  await until('its folder is gone', () => !existsSync(dirname(url)))
})

test('a parent with nothing left to do ends, and Redis with it', async () => {
  const { process: child, pid } = await parent('')
  await once(child, 'exit')
  expect(child.exitCode).toBe(0)
  await until('Redis is gone', () => !isAlive(pid))
})

test('a Ctrl-C in the terminal does not reach Redis', async () => {
  const { process: child, url } = await parent(
    "process.on('SIGINT', () => console.log('received')); setInterval(() => {}, 1000);",
  )
  // A terminal signals its whole process group.
  process.kill(-(child.pid ?? 0), 'SIGINT')
  const [received] = (await once(child.stdout!, 'data')) as [Buffer]
  expect(received.toString()).toBe('received\n')
  // Redis looks for a signal ten times a second, and answers this after 300 ms.
  expect(await ask(url, 'WAIT 1 300')).toBe(':0\r\n')
})

test('a killed Redis comes back by itself when asked for, until it is a crash loop', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => said.mockRestore())
  await using redis = await startRedis({ persist: true, respawn: true })
  await ask(redis.url, 'SET colour red')
  for (let death = 1; death <= 5; death++) {
    const { pid } = redis
    process.kill(pid, 'SIGKILL')
    await until('another Redis runs', () => redis.pid !== pid)
    expect(await ask(redis.url, 'GET colour')).toContain('red')
  }
  expect(said).toHaveBeenCalledTimes(5)
  process.kill(redis.pid, 'SIGKILL')
  await until('it is given up', () => said.mock.calls.length === 6)
  expect(said.mock.lastCall?.[0]).toContain('died 6 times within 60 s')
  await redis.restart()
  expect(await ask(redis.url, 'GET colour')).toContain('red')
})

test('stop wins over coming back', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => said.mockRestore())
  const redis = await startRedis({ respawn: true })
  process.kill(redis.pid, 'SIGKILL')
  await redis.stop()
  await redis.stop() // takes its turn after a Redis that would come back
  expect(said).not.toHaveBeenCalled()
  expect(existsSync(redis.url)).toBe(false)
  expect(isAlive(redis.pid)).toBe(false)
})
