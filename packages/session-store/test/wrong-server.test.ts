import { type MovableAddress, type PrivatePair, startAddress, startPair } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createSessionChanges,
  createSessionEvents,
  createSessionStore,
  SessionStoreUnavailableError,
  type SessionStoreOptions,
} from '../src/index.js'
import { happens, longTimeouts } from './helpers.js'
import { askNode, keyOf } from './nodes.js'
import { eventually, until } from './retry.js'

// One address leads to another server than before, and the connections to the old one stay open.

/** A port where no master listens, so that its replica keeps what it has. */
const NOBODY = 1

let pair: PrivatePair
let address: MovableAddress
let redis: Redis
beforeEach(async () => {
  pair = await startPair({ args: ['--enable-debug-command', 'yes'] })
  address = await startAddress(pair.nodes[0].server.url)
  redis = new Redis(address.url, { ...longTimeouts, lazyConnect: true })
  redis.on('error', () => undefined) // every failed command rejects by itself
  await redis.connect()
})
afterEach(async () => {
  redis.disconnect()
  await address.close()
  await pair.stop()
})

async function signInTwice(options: Partial<SessionStoreOptions> = {}, userId = 'ada') {
  const store = createSessionStore({ redis, timeouts: { touchInterval: 1 }, ...options })
  await store.create({ userId })
  const created = await store.create({ userId })
  if (created === null) throw new Error('The sign-in was refused')
  return { store, userId, ...created }
}

async function failOver(): Promise<void> {
  await pair.failOver()
  address.leadTo(pair.nodes[1].server.url)
}

/** Asks again while Redis refuses. Without a new connection it refuses for ever. */
async function succeeds<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof SessionStoreUnavailableError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

describe('a failover behind one address, in which the old master becomes a replica', () => {
  const writes: Record<string, (t: Awaited<ReturnType<typeof signInTwice>>) => Promise<unknown>> = {
    'a sign-in': ({ store, userId }) => store.create({ userId }),
    touch: ({ store, session }) => store.touch({ ...session, lastSeenAt: new Date(0) }),
    'new data': ({ store, token }) => store.update(token, { name: 'laptop' }),
    'a new secret': ({ store, token }) => store.rotate(token),
    'a revocation': ({ store, userId, session }) => store.revoke(userId, session.id),
    'revoke others': ({ store, token }) => store.revokeOthers(token),
    'revoke all': ({ store, userId }) => store.revokeAll(userId),
    events: ({ userId }) => createSessionEvents({ redis }).append(userId, { name: 'renamed' }),
  }

  test('every write works again without a restart', async () => {
    const people = await Promise.all(
      Object.entries(writes).map(async ([name, write]) => ({ write, t: await signInTwice({}, name) })),
    )
    await failOver()
    const causes = await Promise.all(
      people.map(({ write, t }) =>
        write(t).then(
          () => '',
          ({ cause }: SessionStoreUnavailableError) => String(cause),
        ),
      ),
    )
    expect(causes).toContainEqual(expect.stringContaining('READONLY'))
    await Promise.all(people.map(({ write, t }) => succeeds(() => write(t))))
  })

  test('a revocation that waits for a replica works again, and is confirmed by the old master', async () => {
    const t = await signInTwice({ durability: 'replicated' })
    const other = await t.store.create({ userId: 'ada' })
    await until(
      'it is confirmed',
      async () => (await t.store.revoke('ada', other?.session.id ?? '').catch(() => null)) !== null,
    )
    await failOver()
    expect(await succeeds(() => t.store.revoke('ada', t.session.id))).toBe(1)
    expect(await askNode(pair.nodes[0], (admin) => admin.hexists(keyOf('ada'), t.session.id))).toBe(0)
  })

  test('changes are received from the new master, though the old one is cut off from it', async () => {
    const t = await signInTwice()
    const changes = createSessionChanges({ redis })
    const received: string[] = []
    changes.watch('ada', ({ kind }) => received.push(kind))
    const receives = (kind: string) => eventually(`"${kind}" is received`, () => received.includes(kind))
    await receives('live')
    await failOver()
    await askNode(pair.nodes[0], (admin) => admin.replicaof('127.0.0.1', NOBODY))
    received.length = 0
    await succeeds(() => t.store.create({ userId: 'bob' }))
    await receives('lost')
    await receives('live')
    await t.store.revoke('ada', t.session.id)
    await receives('ended')
    changes.close()
  })

  test('the near-cache follows, and refuses what the new master has ended', async () => {
    const t = await signInTwice({ nearCache: { lease: 500 } })
    await failOver()
    await succeeds(() => t.store.create({ userId: 'bob' }))
    const elsewhere = new Redis(pair.nodes[1].server.url)
    const other = createSessionStore({ redis: elsewhere })
    const own = await other.create({ userId: 'eve' })
    await until('the session is remembered', async () => {
      const before = await askNode(pair.nodes[1], (admin) => admin.info('commandstats'))
      await succeeds(() => t.store.validate(own?.token ?? ''))
      return (
        (await askNode(pair.nodes[1], (admin) => admin.info('commandstats'))).match(/cmdstat_hget:calls=\d+/)?.[0] ===
        before.match(/cmdstat_hget:calls=\d+/)?.[0]
      )
    })
    await other.revoke('eve', own?.session.id ?? '')
    await until('it is refused', async () => (await t.store.validate(own?.token ?? '')) === null)
    elsewhere.disconnect()
  })
})

describe('a replica that is one for good', () => {
  test('goes on reading on the same connection, and is asked anew once a second at most', async () => {
    const { store, token } = await signInTwice()
    await askNode(pair.nodes[0], (admin) => admin.replicaof('127.0.0.1', NOBODY))
    let closed = 0
    redis.on('close', () => (closed += 1))
    const [before, began] = [address.connections(), performance.now()]
    let refused = 0
    while (address.connections() < before + 3) {
      await store.create({ userId: 'ada' }).catch(() => (refused += 1))
      expect(await store.validate(token)).not.toBeNull()
    }
    expect(refused).toBeGreaterThan(0)
    // The first is asked at once, and each of the others a second after the one before.
    expect(performance.now() - began).toBeGreaterThan(2_000)
    expect(closed).toBe(0)
  })

  test('and becomes a master: writes go on, and nothing is asked any more', async () => {
    const { store } = await signInTwice()
    await askNode(pair.nodes[0], (admin) => admin.replicaof('127.0.0.1', NOBODY))
    await expect(store.create({ userId: 'ada' })).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    await askNode(pair.nodes[0], (admin) => admin.replicaof('NO', 'ONE'))
    let closed = 0
    redis.on('close', () => (closed += 1))
    await succeeds(() => store.create({ userId: 'ada' }))
    await until('the new connection is let go', async () => !String(await redis.client('LIST')).includes('cmd=info'))
    expect(closed).toBe(0)
  })

  test('a failover is noticed without a second write that fails', async () => {
    const { store } = await signInTwice()
    await pair.failOver()
    await expect(store.create({ userId: 'ada' })).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    address.leadTo(pair.nodes[1].server.url)
    await happens(redis, 'ready')
    expect(await store.create({ userId: 'ada' })).not.toBeNull()
  })
})

const loading = 'LOADING Redis is loading the dataset in memory'
/** States in which a real server refuses commands. Each leaves the other server as it is. */
const states: Record<string, { error: RegExp; begin: () => Promise<unknown> }> = {
  'a replica that lost its master': {
    error: /^MASTERDOWN/,
    async begin() {
      await askNode(pair.nodes[1], (admin) => admin.replicaof('NO', 'ONE'))
      await askNode(pair.nodes[0], (admin) => admin.config('SET', 'replica-serve-stale-data', 'no'))
      await askNode(pair.nodes[0], (admin) => admin.replicaof('127.0.0.1', NOBODY))
    },
  },
  'a replica that loads all that its master has': {
    error: /^LOADING/,
    async begin() {
      const [old, next] = pair.nodes
      await askNode(next, (admin) => admin.replicaof('NO', 'ONE'))
      await askNode(next, (admin) => admin.call('DEBUG', 'POPULATE', '100', 'filler', '100000'))
      await askNode(next, (admin) => admin.call('DEBUG', 'CHANGE-REPL-ID')) // or it would be sent what it lacks, and no more
      await askNode(old, async (admin) => {
        await admin.config('SET', 'loading-process-events-interval-bytes', '1024')
        await admin.config('SET', 'key-load-delay', '100000')
        await admin.config('SET', 'repl-diskless-load', 'disabled')
        await admin.replicaof('127.0.0.1', next.port)
      })
      await until('it loads', async () => (await redis.info('persistence')).includes('loading:1'))
    },
  },
}

describe.each(Object.entries(states))('an address that led to %s', (_, { error, begin }) => {
  test('both reads and writes work again without a restart', async () => {
    const { store, token } = await signInTwice()
    await begin()
    await expect(store.validate(token)).rejects.toMatchObject({
      cause: { message: expect.stringMatching(error) as string },
    })
    address.leadTo(pair.nodes[1].server.url)
    await succeeds(() => store.validate(token))
    expect(await store.create({ userId: 'ada' })).not.toBeNull()
  })
})

/** Error lines, whichever server gives them, and the operations that show whether they were left behind. */
const lines: readonly (readonly [line: string, isPassed: (command: string) => boolean])[] = [
  [loading, () => false],
  [loading, (command) => command === 'info'],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", () => false],
  ['CLUSTERDOWN The cluster is down', (command) => command === 'info' || command === 'cluster'],
  ["READONLY You can't write against a read only replica.", (command) => !command.startsWith('eval')],
  [
    "READONLY You can't write against a read only replica. script: 0f3b, on @user_script:7.",
    (command) => !command.startsWith('eval'),
  ],
  [
    "ERR Error running script (call to f_0f3b): @user_script:7: -READONLY You can't write against a read only replica.",
    (command) => !command.startsWith('eval'),
  ],
  ['UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)', () => false],
]

describe('an error line on the open connections', () => {
  test.each(lines)('%s: the connection that says so is left', async (line, isPassed) => {
    const { store, token } = await signInTwice()
    address.refuse(line, isPassed)
    await expect(store.create({ userId: 'ada' })).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    await succeeds(() => store.create({ userId: 'ada' }))
    expect(await store.validate(token)).not.toBeNull()
  })

  test.each([
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    "OOM command not allowed when used memory > 'maxmemory'.",
    'NOPERM this user has no permissions',
  ])('%s says nothing of the server: the connection stays', async (line) => {
    const { store } = await signInTwice()
    address.refuse(line)
    const before = address.connections()
    for (let n = 0; n < 5; n += 1)
      await expect(store.create({ userId: 'ada' })).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(address.connections()).toBe(before)
  })
})
