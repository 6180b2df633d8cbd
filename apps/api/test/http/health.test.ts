import { afterEach, describe, expect, test, vi } from 'vitest'
import { openPostgres } from '../../src/accounts/database/postgres.js'
import { health } from '../../src/http/health.js'
import { commandsOf, startServer } from '../helpers.js'

test('however many ask at once or one after the other, /readyz writes to Redis once a second at most', async () => {
  await using server = await startServer()
  const started = performance.now()
  const commands = await commandsOf(server.redis, async () => {
    const many = await Promise.all(Array.from({ length: 100 }, () => server.send('/readyz')))
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]))
    for (let n = 0; n < 50; n += 1) await server.send('/readyz')
  })
  const seconds = (performance.now() - started) / 1_000
  const bySweep = 2 + seconds / 5 // its lease, its next interval, and attempts in between
  expect(commands['set'] ?? 0).toBeLessThanOrEqual(1 + bySweep + seconds)
})

test('an answer of /readyz is about the last second, and not about an earlier one', async () => {
  await using server = await startServer()
  expect((await server.send('/readyz')).status).toBe(200)
  await server.database().close()
  await expect.poll(async () => (await server.send('/readyz')).status).toBe(503)
})

/** The answers of Redis and of the database to the questions of `/readyz`, and those questions. */
function startHealth({ set = '', ping = '', write = '', leaves = false }: Record<string, unknown>) {
  const questions: unknown[][] = []
  const answerOf = async (answer: unknown, ...question: unknown[]) => {
    questions.push(question)
    if (answer instanceof Error) throw answer
  }
  const app = health({
    redis: { set: (...question: unknown[]) => answerOf(set, 'set', ...question) } as never, // one of many overloads
    keyPrefix: 'prefix:',
    database: { ping: () => answerOf(ping, 'ping'), checkWritable: () => answerOf(write, 'write') },
    isLeaving: () => leaves === true,
  })
  const send = async (path: string) => {
    const answer = await app.request(path)
    return [answer.status, await answer.json()]
  }
  return { send, questions }
}

const refused = new Error('no answer')
const replies = [
  'OOM command not allowed',
  'READONLY You can’t write',
  'MISCONF Errors writing',
  'NOREPLICAS Not enough',
]

describe('/readyz says', () => {
  test.each([
    ['ok', {}, 200, 'ok', 'ok'],
    ...replies.map((reply) => ['not writable', { set: new Error(reply) }, 200, 'not writable', 'ok'] as const),
    ['unavailable', { set: refused }, 503, 'unavailable', 'ok'],
    ['unavailable', { set: new Error('ERR no READONLY here') }, 503, 'unavailable', 'ok'],
    ['not writable', { write: new Error('disk full') }, 200, 'ok', 'not writable'],
    ['unavailable', { ping: refused }, 503, 'ok', 'unavailable'],
    ['unavailable', { ping: refused, write: new Error('disk full') }, 503, 'ok', 'unavailable'],
    ['unavailable', { set: new Error('OOM'), ping: refused }, 503, 'unavailable', 'unavailable'],
    ['unavailable', { set: new Error('OOM full'), ping: refused }, 503, 'not writable', 'unavailable'],
  ] as const)('%s, in case %#', async (status, answers, code, redis, database) => {
    expect(await startHealth(answers).send('/readyz')).toEqual([code, { status, redis, database }])
  })

  test('that PostgreSQL, gone between its two questions, is unavailable', async () => {
    const gone: unknown = await openPostgres('postgres://127.0.0.1:1/none')
      .ping()
      .catch((error: unknown) => error)
    const body = { status: 'unavailable', redis: 'ok', database: 'unavailable' }
    expect(await startHealth({ write: gone }).send('/readyz')).toEqual([503, body])
  })

  test('that a server is leaving, and asks nothing', async () => {
    const { send, questions } = startHealth({ leaves: true })
    expect(await send('/readyz')).toEqual([503, { status: 'leaving' }])
    expect(questions).toEqual([])
  })

  test('it by an empty key under the prefix, which goes within a second', async () => {
    const { send, questions } = startHealth({})
    await send('/readyz')
    expect(questions).toEqual([['set', 'prefix:readyz', '', 'PX', 1_000], ['ping'], ['write']])
  })
})

test('/healthz is about the process, and asks nothing', async () => {
  const { send, questions } = startHealth({ set: refused, ping: refused, leaves: true })
  expect(await send('/healthz')).toEqual([200, { status: 'ok' }])
  expect(questions).toEqual([])
})

describe('an answer of /readyz is shared', () => {
  afterEach(() => void vi.useRealTimers())

  /** Counts the questions to Redis, by a clock that stands still. */
  function countQuestions(answer: () => Promise<void> = async () => undefined) {
    vi.useFakeTimers({ toFake: ['performance'] })
    vi.advanceTimersByTime(60_000) // the process has run for a while
    let count = 0
    const redis = {
      async set() {
        count += 1
        await answer()
      },
    } as never // as above
    const database = { ping: async () => undefined, checkWritable: async () => undefined }
    const app = health({ redis, keyPrefix: '', database, isLeaving: () => false })
    return { ask: async () => (await app.request('/readyz')).status, count: () => count }
  }

  test('for a second from its beginning', async () => {
    const { ask, count } = countQuestions()
    await ask()
    vi.advanceTimersByTime(999)
    await ask()
    expect(count()).toBe(1)
    vi.advanceTimersByTime(1)
    await ask()
    expect(count()).toBe(2)
  })

  test('as long as it is under way, and no longer', async () => {
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    const { ask, count } = countQuestions(() => opened)
    const first = ask()
    vi.advanceTimersByTime(5_000)
    const second = ask()
    expect(count()).toBe(1)
    open()
    expect(await Promise.all([first, second])).toEqual([200, 200])
    await ask()
    expect(count()).toBe(2)
  })
})
