import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRedis, createSessionStore, redisOptions } from '../src/index.js'
import { startStore } from './helpers.js'

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())

test('the first lines of the README run as they stand', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const body = example.replaceAll(/^import .*$/gm, '').replace("'redis://localhost:6379'", 'url')
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor
  const { Redis } = await import('ioredis')
  const run = new AsyncFunction(
    'Redis, connectRedis, createSessionStore, redisOptions, url, console',
    `${body}; return { signedIn, session, client }`,
  )
  const printed: unknown[] = []
  const log = (text: unknown): void => void printed.push(text)
  const parts = [Redis, connectRedis, createSessionStore, redisOptions] as const
  const { signedIn, session, client } = await run(...parts, t.server.url, { log, warn: log })
  expect(session).toEqual(signedIn.session)
  expect(printed).toEqual([null])
  await expect.poll(() => client.status).toBe('end')
})
