import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCommand } from './command.js'
import { startServers } from './private-servers.js'

let t: Awaited<ReturnType<typeof startServers>>
const { start, run, runJson } = createCommand(() => t.env)
beforeAll(async () => {
  t = await startServers({ keyPrefix: 'shop:', onEvent: () => undefined })
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.redis.flushall())

async function signIn(userId: string, ipAddress = '203.0.113.9') {
  const created = await t.store.create({ userId, ipAddress, userAgent: 'curl/8.0' })
  if (created === null) throw new Error('The sign-in was refused')
  return created
}

describe('wrong input is refused with 2, and changes nothing', () => {
  test.each([
    [['revoke'], /^Give a filter, or add --everyone\n$/],
    [['revoke', '--everyone', '--max-rate', '0', '--confirm', '1'], /--max-rate must be at least 1/],
    [['find', '--session', 'my session'], /^--session must be the id of a session/],
    [['find', '--country', 'XX'], /^country must be the two letters of a country/],
    [['revoke', '--everyone', '--keep', 'my session'], /--keep must be the id of a session/],
    [['revoke', '--everyone', '--address', '203.0.113.9'], /cannot be combined/],
    [
      ['revoke', '--address', '203.0.113.9', '--confirm', '7'],
      /does not fit: it is 1 now, not 7\. Nothing was revoked/,
    ],
    [['users', 'require-password-reset', '--everyone', '--kind', 'phone'], /only one of these/],
    [['find', '--adress', '203.0.113.9'], /unknown option '--adress'[^]*Did you mean --address/],
    [['find', '--signed-in-after', '7'], /--signed-in-after is no time: 7\. /],
    [['find', '--signed-in-after', '11/12/2026'], /is no time: 11\/12\/2026\. /],
    [['find', '--signed-in-before', '2026-02-30'], /is no time: 2026-02-30\. /],
    [['find', '--last-seen-after', '2026-11-28T02:00:00'], /is no time: .* 2026-11-28T02:00:00\+01:00/],
    [['sessions', 'list', 'adaa'], /There is no user adaa/],
    [['find', '--user', 'adaa'], /There is no user adaa/],
    [['revoke', '--user', 'adaa', '--confirm', '0'], /There is no user adaa/],
    [['users', 'require-password-reset', 'adaa', '--confirm', '1'], /There is no user adaa/],
    [['sessions', 'list', 'nobody@example.org'], /There is no user nobody@example\.org/],
  ])('%j', async (args, message) => {
    const { token } = await signIn('ada')
    const { code, err, out } = await run(args)
    expect(err).toMatch(message)
    expect(out).toBe('')
    expect(code).toBe(2)
    expect(await t.store.validate(token)).not.toBeNull()
  })
})

test.each([
  ['empty', '\n', /^--users-file names nobody\n$/],
  ['of others', 'gone@example.org\n', /\n--users-file names nobody who exists\n$/],
])('a file of users that is %s is refused by its name', async (_, text, message) => {
  const file = join(t.folder, 'nobody')
  await writeFile(file, text)
  const { code, err, out } = await run(['revoke', '--users-file', file])
  expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringMatching(message) })
})

test.each(['--reason', '--note'])('%s may have as many characters as on the page', async (option) => {
  const { session } = await signIn('ada')
  const refused = await run(['revoke', '--user', 'ada', option, 'x'.repeat(501)])
  expect(refused).toMatchObject({ code: 2, out: '', err: `${option} must have 500 characters at most, not 501\n` })
  const { results } = await runJson(['revoke', '--user', 'ada', option, ` ${'x'.repeat(500)} `, '--confirm', '1'])
  expect(results).toMatchObject([{ revoked: 1, [option.slice(2)]: 'x'.repeat(500) }])
  expect(await t.store.list(session.userId)).toEqual([])
})

test('the help teaches, and needs no settings', async () => {
  const { code, out } = await run(['--help'], { REDIS_URL: '' })
  expect(code).toBe(0)
  for (const text of ['Examples:', 'revoke', 'operations', 'doctor', 'Exit codes:']) expect(out).toContain(text)
})

test('a span is before now by the clock of Redis, however wrong that of this machine is', async () => {
  const { session } = await signIn('ada')
  const hourAhead = 'const%20now=Date.now;Date.now=()=>now()+3600000'
  const NODE_OPTIONS = `--import=data:text/javascript,${hourAhead}`
  const { code, results } = await runJson(['find', '--signed-in-after', '30m'], { NODE_OPTIONS })
  expect({ code, results }).toMatchObject({ code: 0, results: [{ id: session.id }] })
})

test('sessions are found, previewed and revoked', async () => {
  const [evil, good] = [await signIn('ada'), await signIn('ada', '198.51.100.7')]
  await writeFile(join(t.folder, 'users'), 'ada\n\nbob\n')
  const found = await runJson(['find', '--users-file', join(t.folder, 'users'), '--address', '203.0.113.0/24'])
  expect(found).toMatchObject({ code: 0, results: [{ id: evil.session.id, userId: 'ada', browser: 'curl' }] })
  expect((await runJson(['sessions', 'list', 'ada'])).results).toHaveLength(2)

  const preview = await run(['revoke', '--address', '203.0.113.0/24'])
  expect(preview.out).toBe('1 session of 1 user would be revoked.\n')
  expect(preview.err).toContain('--confirm 1')
  expect(await t.store.validate(evil.token)).not.toBeNull()

  const done = await runJson(['revoke', '--address', '203.0.113.0/24', '--reason', 'Stolen', '--confirm', '1'])
  expect(done).toMatchObject({ code: 0, results: [{ state: 'done', matched: 1, revoked: 1, reason: 'Stolen' }] })
  expect([await t.store.validate(evil.token), (await t.store.validate(good.token))?.id]).toEqual([
    null,
    good.session.id,
  ])
  const { id } = done.results[0] ?? {}
  const hostile = await run(['revoke', '--user-agent', '\u009B2J\u202E', '--confirm', '0'])
  expect(hostile.out).toContain(String.raw`\u009b2J\u202e`)
  expect((await runJson(['operations', 'list'])).results).toMatchObject([
    { reason: '', state: 'done' },
    { id, reason: 'Stolen', state: 'done' },
  ])
  await t.redis.hset(`shop:user:operation:${String(id)}`, 'state', 'failed')
  expect((await run(['operations', 'list'])).out).toContain('revoked at least 1,')
})

test('both outputs name the system as the devices page does', async () => {
  const apple = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
  const android = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)'
  await t.store.create({ userId: 'ada', userAgent: `${apple} Version/26.0 Mobile/15E148 Safari/604.1` })
  await t.store.create({
    userId: 'ada',
    userAgent: `${android} Chrome/140.0.0.0 Mobile Safari/537.36`,
    data: { clientHints: { 'sec-ch-ua-model': '"SM-S921B"' } },
  })
  const { results } = await runJson(['find', '--user', 'ada'])
  const systems = results.map(({ browser, system }) => `${String(browser)} on ${String(system)}`)
  expect(new Set(systems)).toEqual(new Set(['Safari on iPhone', 'Chrome on Android (Samsung)']))
  const { out } = await run(['find', '--user', 'ada'])
  for (const system of systems) expect(out).toContain(`  ${system}  `)
})

test('everyone: killed in the middle, resumed by id, and all are signed out', async () => {
  const signed = await Promise.all(Array.from({ length: 1_500 }, (_, n) => signIn(`user-${n}`)))
  const { child, printed, ended } = start(['revoke', '--everyone', '--max-rate', '500', '--confirm', '1500'])
  const idIn = (text: string): string => /Operation (\S+)\. /.exec(text)?.[1] ?? ''
  const revoked = () => t.redis.hget(`shop:user:operation:${idIn(printed.err)}`, 'revoked')
  while (Number(await revoked()) === 0) await t.redis.ping()
  child.kill('SIGKILL')
  expect(await ended).toBeNull()
  const left = await Promise.all(signed.map(({ token }) => t.store.validate(token)))
  expect(left.some((session) => session !== null)).toBe(true)

  await t.redis.hset(`shop:user:operation:${idIn(printed.err)}`, 'lease', 0) // as ten seconds later
  const resumed = await runJson(['operations', 'resume', idIn(printed.err)])
  expect(resumed).toMatchObject({ code: 0, results: [{ state: 'done', filter: null, share: 1 }] })
  expect(await Promise.all(signed.map(({ token }) => t.store.validate(token)))).toEqual(signed.map(() => null))
})

test('Redis hangs up in the middle: the command says so, goes on, and all are signed out', async () => {
  for (let n = 0; n < 60; n += 1) await signIn(`user-${n}`)
  const { printed, ended } = start(['revoke', '--everyone', '--max-rate', '30', '--confirm', '60'])
  await vi.waitUntil(() => printed.err.includes('Operation '), 20_000)
  await t.redis.call('client', 'pause', 10_000, 'write')
  await vi.waitUntil(async () => String(await t.redis.client('LIST')).includes('flags=b'), 5_000)
  await t.redis.call('client', 'kill', 'type', 'normal', 'skipme', 'yes')
  await t.redis.client('UNPAUSE')
  expect(await ended).toBe(0)
  expect(printed.err).toContain('\nRedis does not answer. The operation tries again for a minute.\n')
  expect(printed.out).toContain('  done  ')
  expect((await runJson(['find', '--kind', 'program'])).results).toEqual([])
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it with %i, and the last line says how to go on', async (signal, exitCode) => {
  for (let n = 0; n < 30; n += 1) await signIn(`user-${n}`) // so it waits for half a minute
  const { child, printed, ended } = start(['revoke', '--everyone', '--max-rate', '1', '--confirm', '30'])
  await vi.waitUntil(() => printed.err.includes('Operation '), 20_000)
  child.kill(signal)
  expect(await ended).toBe(exitCode)
  const [, id = ''] = /\nIt is not done\. To go on: rollcall operations resume (\S+)\n$/.exec(printed.err) ?? []
  await t.redis.hset(`shop:user:operation:${id}`, 'lease', 0) // as ten seconds later
  expect(await run(['operations', 'resume', id])).toMatchObject({ code: 0 })
  expect((await runJson(['find', '--kind', 'program'])).results).toEqual([])
})

test('another process takes it over: that is no wrong input, because a part was done', async () => {
  for (let n = 0; n < 30; n += 1) await signIn(`user-${n}`)
  const { printed, ended } = start(['revoke', '--everyone', '--max-rate', '1', '--confirm', '30'])
  await vi.waitUntil(() => printed.err.includes('Operation '), 20_000)
  const id = /Operation (\S+)\. /.exec(printed.err)?.[1] ?? ''
  await t.redis.hset(`shop:user:operation:${id}`, { run: 'another', lease: Date.now() + 10_000 })
  expect(await ended).toBe(1)
  expect(printed.err).toContain(`Another process has resumed ${id}`)
})

test('the doctor says what it found, and what to do', async () => {
  await signIn('ada')
  await t.redis.hset('shop:user:{AAAAAAAAAAAAAAAAAAAAAA}:sessions', 'AAAAAAAAAAAAAAAA', 'x')
  const { code, results } = await runJson(['doctor'])
  const byCheck = Object.fromEntries(results.map((finding) => [String(finding['check']), finding]))
  expect(code).toBe(0)
  expect(byCheck).toMatchObject({
    version: { level: 'ok' },
    eviction: { level: 'ok', found: 'noeviction' },
    persistence: { level: 'warning', advice: expect.stringContaining('appendonly yes') },
    replication: { level: 'warning' },
    access: { level: 'warning', found: expect.stringContaining('default') },
    clock: { level: 'ok' },
    records: { level: 'warning', found: '1 record and 0 keys cannot be read' },
    sessions: { level: 'ok', found: expect.stringMatching(/^1 of 2 users/) },
  })
  await t.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  const bad = await run(['doctor'])
  await t.redis.config('SET', 'maxmemory-policy', 'noeviction')
  expect(bad.out).toMatch(/PROBLEM redis: .*allkeys-lru[^]*refuses to start/)
  expect(bad.code).toBe(1)
})
