// Token to session, beside a plain GET of as many bytes and beside what others do.
import { compare, type Operation, type Result, startBetterAuth, table } from '@rollcall/dev-bench'
import type { Redis } from 'ioredis'
import { createSessionStore } from '../src/index.js'
import { createWriteCoalescer } from '../src/batching/write-coalescer.js'
import { startExpressSession } from './express-session.js'
import { setPlusMarker } from './set-plus-marker.js'

export const device = {
  ipAddress: '203.0.113.9',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
}

const USERS = 1_000

export async function validate(redis: Redis): Promise<void> {
  const store = createSessionStore({ redis })
  const tokens: string[] = []
  for (let n = 0; n < USERS; n += 1) tokens.push((await store.create({ userId: `user-${n}`, ...device }))?.token ?? '')
  const hashes = await redis.keys('user:*')
  const [record = Buffer.alloc(0)] = await redis.hvalsBuffer(hashes[0] ?? '')
  const raw = hashes.map((key) => key.replace('user:', 'raw:')) // keys as long as ours
  for (const key of raw) await redis.set(key, Buffer.alloc(record.length, 'x'))
  const coalesceWrites = createWriteCoalescer(redis)
  const candidates = {
    'GET of as many bytes': (n: number) => found(redis.get(raw[n % USERS] ?? '')),
    'GET, writes coalesced as ours are': (n: number) => {
      coalesceWrites()
      return found(redis.get(raw[n % USERS] ?? ''))
    },
    'Rollcall validate': (n: number) => found(store.validate(tokens[n % USERS] ?? '')),
  }
  await print('validate alone in its process, requests at once', candidates)

  const near = createSessionStore({ redis, nearCache: {} })
  const markers = setPlusMarker(redis)
  const express = startExpressSession(redis)
  const stock = await startBetterAuth(redis)
  const stockSql = await startBetterAuth()
  const cookies: { marker: string; express: string; stock: Headers; sql: Headers }[] = []
  const sqlUsers = await stockSql.createUsers(USERS)
  for (const [n, userId] of (await stock.createUsers(USERS)).entries()) {
    cookies.push({
      marker: await markers.create({ userId, ...device }),
      express: await express.signIn({ userId, ...device }),
      stock: await stock.signIn(userId, device),
      sql: await stockSql.signIn(sqlUsers[n] ?? '', device),
    })
  }
  const of = (n: number) => cookies[n % USERS] as (typeof cookies)[number] // there are as many
  await print('validate, requests at once', {
    ...candidates,
    'Rollcall validate, near-cache': (n: number) => found(near.validate(tokens[n % USERS] ?? '')),
    'SET and marker': (n: number) => found(markers.validate(of(n).marker)),
    'express-session, connect-redis': (n: number) => found(express.userOf(of(n).express)),
    'better-auth getSession, redis-storage': (n: number) => found(stock.getSession(of(n).stock)),
    'better-auth getSession, SQLite': (n: number) => found(stockSql.getSession(of(n).sql)),
  })
  await stock.close()
  await stockSql.close()
}

export async function found(answer: Promise<unknown>): Promise<void> {
  if (!(await answer)) throw new Error('A session that lives was not found')
}

async function print(title: string, candidates: Record<string, Operation>): Promise<void> {
  const loads = [1, 64, 512]
  const results: Result[][] = []
  for (const concurrency of loads)
    results.push(await compare(candidates, { concurrency, each: concurrency === 1 ? 64 : 4 }))
  const rows = Object.keys(candidates).map((name, index) => [name, ...results.map((columns) => cell(columns[index]))])
  console.log(`\n${table([title, ...loads.map(String)], rows)}`)
}

export function cell(result: Result | undefined): string {
  if (result === undefined) return ''
  return `${result.ratio.toFixed(2)} (${result.lowest.toFixed(2)}–${result.highest.toFixed(2)})`
}
