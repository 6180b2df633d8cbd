import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { barLine, createOutput, createProgress, operationLine } from '../src/output.js'
import { createCommand } from './command.js'
import { startServers } from './private-servers.js'

let t: Awaited<ReturnType<typeof startServers>>
const { start, run } = createCommand(() => t.env)
beforeAll(async () => {
  t = await startServers()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.redis.flushall())

describe('a reader that has gone', () => {
  test.each([['doctor'], ['find', '--kind', 'unknown'], ['--help']])('ends %s without an error', async (...args) => {
    await t.store.create({ userId: 'ada' })
    const { child, ended, printed } = start(args)
    child.stdout?.destroy()
    expect(await ended).toBe(0)
    expect(printed.err).not.toContain('EPIPE')
  })

  test('does not interrupt an operation', async () => {
    const created = await t.store.create({ userId: 'ada' })
    const { child, ended } = start(['revoke', '--everyone', '--confirm', '1'])
    child.stdout?.destroy()
    child.stderr?.destroy()
    expect(await ended).toBe(0)
    expect(await t.store.validate(created?.token ?? '')).toBeNull()
    const { out } = await run(['operations', 'list'])
    expect(out).toMatch(/ revoke {2}done /)
  })
})

test('results that cannot be written are a failure', async () => {
  const { child, printed, ended } = start(['operations', 'list'])
  await ended
  expect(printed).toEqual({ out: '', err: '' })
  await t.store.create({ userId: 'ada' })
  const env = { PATH: process.env['PATH'], ...t.env }
  const shell = spawn(
    'sh',
    ['-c', 'exec "$@" > /dev/full', 'sh', ...child.spawnargs.slice(0, 2), 'find', '--kind', 'unknown'],
    { env },
  )
  let err = ''
  shell.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code]: unknown[] = await once(shell, 'close')
  expect(err).toContain('ENOSPC')
  expect(code).toBe(1)
})

describe('with --json, standard error has one object a line', () => {
  test.each([
    [['find', '--kind', 'car'], /^kind must be one of/],
    [['revoke'], /^Give a filter, or add --everyone$/],
    [['find', '--adress', '203.0.113.9'], /^error: unknown option '--adress'/],
    [['bogus'], /^error: unknown command 'bogus'/],
    [['operations', 'show', 'none'], /^There is no operation none$/],
  ])('%j', async (args, message) => {
    const { code, out, err } = await run(['--json', ...args])
    const lines = err.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ error: expect.stringMatching(message) }])
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
})

test.each([200, 80, 60, 20])('a bar is no wider than a terminal of %i columns', (columns) => {
  const text = '45 %, 450000 looked at, 450000 revoked, 130000 a second, about 4 s left'
  const line = barLine(text, 0.45, columns)
  expect(line.length).toBeLessThan(columns)
  expect(line).toContain('45 %')
})

test('on a terminal, a line takes the place of a bar', () => {
  const { isTTY, columns } = process.stderr
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => void Object.assign(process.stderr, { isTTY, columns }))
  onTestFinished(() => write.mockRestore())
  Object.assign(process.stderr, { isTTY: true, columns: 80 })
  const output = createOutput(false)
  createProgress(output)({ share: 0, details: '0 looked at', isOver: false })
  output.note('Operation 7')
  output.warn('It is not done')
  expect(write.mock.calls.map(([text]) => text)).toEqual([
    `\r\u001B[K${barLine('0 %, 0 looked at', 0, 80)}`,
    '\r\u001B[KOperation 7\n',
    '\r\u001B[KIt is not done\n',
  ])
})

test('the line of an operation says which of its counts are of the last pass alone: one that was resumed has matched more', () => {
  const line = operationLine({
    id: '20260105-090000-abcdef',
    action: 'revoke',
    filter: null,
    keep: null,
    reason: '',
    note: '',
    startedBy: 'ada',
    startedAt: new Date('2026-01-05T09:00:00Z'),
    updatedAt: new Date('2026-01-05T09:00:00Z'),
    state: 'done',
    scanned: 4,
    matched: 9,
    revoked: 8,
    alreadyGone: 1,
    failed: 0,
    share: 1,
    rate: 0,
    millisecondsLeft: 0,
    error: null,
  })
  expect(line).toContain('everyone: matched 9, revoked 8, already gone 1; in its last pass: scanned 4, failed 0')
})
