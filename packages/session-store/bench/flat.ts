// Whether a lookup cares how many sessions a user has, and how many users there are.
import { compare, type Operation, table } from '@rollcall/dev-bench'
import type { Redis } from 'ioredis'
import { createSessionStore } from '../src/index.js'
import { createWriteCoalescer } from '../src/batching/write-coalescer.js'
import { cell, device, found } from './validate.js'

const AT_ONCE = 200
/** Tokens that take turns, picked evenly. */
const PICKED = 1_000

const populations = [
  { users: 1_000, each: 1 },
  { users: 1_000_000, each: 1 },
  { users: 10, each: 100 },
  { users: 1, each: 10_000 },
]

export async function flat(redis: Redis): Promise<void> {
  const store = createSessionStore({ redis, maxSessionsPerUser: 10_000 })
  const validations: Record<string, Operation> = {}
  const coalesceWrites = createWriteCoalescer(redis)
  const gets: Record<string, Operation> = {}
  const coalesced: Record<string, Operation> = {}
  for (const { users, each } of populations) {
    const total = users * each
    const name = `${users.toLocaleString('en')} ${users === 1 ? 'user' : 'users'} with ${each.toLocaleString('en')}`
    const tokens: string[] = []
    const raw: string[] = []
    for (let from = 0; from < total; from += AT_ONCE) {
      const some = Array.from(
        { length: Math.min(AT_ONCE, total - from) },
        (_, n) => `user-${(from + n) % users}-of-${users}`,
      )
      const created = await Promise.all(some.map((userId) => store.create({ userId, ...device })))
      await redis.mset(some.flatMap((key, n) => [`raw:${key}:${from + n}`, 'x'.repeat(200)]))
      for (const [n, one] of created.entries()) {
        if ((from + n) % Math.ceil(total / PICKED) > 0) continue
        tokens.push(one?.token ?? '')
        raw.push(`raw:${some[n]}:${from + n}`)
      }
    }
    validations[name] = (n) => found(store.validate(tokens[n % tokens.length] ?? ''))
    if (each > 1) continue
    const get: Operation = (n) => found(redis.get(raw[n % raw.length] ?? ''))
    const keys = `${total.toLocaleString('en')} keys`
    gets[keys] = get
    coalesced[keys] = (n) => {
      coalesceWrites()
      return get(n)
    }
  }
  await print('validate, 64 at once, among', validations)
  await print('GET, 64 at once, among', gets)
  await print('GET, writes coalesced, 64 at once, among', coalesced)
}

async function print(title: string, candidates: Record<string, Operation>): Promise<void> {
  const results = await compare(candidates, { concurrency: 64, each: 4 })
  console.log(
    `\n${table(
      [title, 'throughput'],
      results.map((result) => [result.name, cell(result)]),
    )}`,
  )
}
