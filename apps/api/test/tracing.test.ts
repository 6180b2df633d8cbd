import { readFileSync } from 'node:fs'
import { context, propagation, trace } from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { installedTracer } from '../src/tracing/tracer.js'
import { countOn, newEmail, PASSWORD, signed, signUpDevice, startServer, type TestServer, tokenOf } from './helpers.js'

const exporter = new InMemorySpanExporter()
const manifest = z.object({ version: z.string(), peerDependencies: z.record(z.string(), z.string()).default({}) })
let server: TestServer
/** The state of a test before an SDK is there. */
const before = installedTracer()
beforeAll(async () => {
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
  server = await startServer()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  for (const api of [trace, context, propagation]) api.disable()
})

/** The spans of the requests that some work sends, once these have ended. */
async function spansOf(work: () => Promise<unknown>): Promise<ReadableSpan[]> {
  exporter.reset()
  await work()
  return exporter.getFinishedSpans()
}

/** Each span with those below it, as `{ name: { name: … } }`. */
function treeOf(spans: readonly ReadableSpan[], parent?: string): Record<string, object> {
  const below = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)
  return Object.fromEntries(below.map((span) => [span.name, treeOf(spans, span.spanContext().spanId)]))
}

function find(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const span = spans.find((span) => span.name === name)
  if (span === undefined) throw new Error(`No span ${name} among ${spans.map(({ name }) => name).join(', ')}`)
  return span
}

test('SDKs accept the version of the API: beside a newer one, they make no spans and say nothing', () => {
  const read = (name: string) =>
    manifest.parse(JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')))
  const { version } = read('@opentelemetry/api')
  const range = read('@opentelemetry/sdk-trace-node').peerDependencies['@opentelemetry/api'] ?? ''
  const [, newest = ''] = /^>=1\.\d+\.\d+ <1\.(\d+)\.0$/.exec(range) ?? []
  expect(Number(version.split('.')[1])).toBeLessThan(Number(newest))
})

test('a query is a request, its validation, and the one command that it sends', async () => {
  const { api } = await signUpDevice(server)
  const spans = await spansOf(() => api.session.current.query())
  expect(treeOf(spans)).toEqual({ 'GET /trpc/session.current': { validate: { 'redis hget': {} } } })
  expect(find(spans, 'GET /trpc/session.current').attributes).toEqual({
    'http.request.method': 'GET',
    'http.route': '/trpc/session.current',
    'http.response.status_code': 200,
  })
  expect(find(spans, 'validate').attributes).toEqual({ 'rollcall.result': 'valid' })
  expect(find(spans, 'redis hget').attributes).toEqual({ 'db.system.name': 'redis', 'db.operation.name': 'hget' })
})

test('a sign-in has the span of its endpoint, with its result and the scripts by their names', async () => {
  const { email } = await signUpDevice(server)
  const spans = await spansOf(() => server.browser().signIn(email))
  const auth = find(spans, 'auth /sign-in/email')
  expect(auth.attributes).toEqual({ 'rollcall.event': 'sign-in', 'rollcall.result': 'ok' })
  const scripts = spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === auth.spanContext().spanId)
    .map(({ name }) => name)
  expect(scripts).toEqual(expect.arrayContaining(['redis rollcallTime', 'redis rollcallCreate']))
  expect(find(spans, 'redis rollcallCreate').attributes).toMatchObject({
    'db.operation.name': 'evalsha',
    'db.stored_procedure.name': 'rollcallCreate',
  })
  const wrong = await spansOf(() =>
    server.browser().post('/api/auth/sign-in/email', { email, password: 'a wrong password' }),
  )
  expect(find(wrong, 'auth /sign-in/email').attributes['rollcall.result']).toBe('refused')
  expect(new Set([...spans, ...wrong].map(({ instrumentationScope }) => instrumentationScope.name))).toEqual(
    new Set(['rollcall']), // the spans of better-auth hold messages of errors
  )
})

test('the trace of the caller goes on, and what happens after the answer is in none', async () => {
  const device = await signUpDevice(server)
  const [traceId, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
  const spans = await spansOf(() =>
    device.request('/trpc/session.current', { headers: { traceparent: `00-${traceId}-${parent}-01` } }),
  )
  expect(find(spans, 'GET /trpc/session.current').parentSpanContext?.spanId).toBe(parent)
  expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]))

  const stream = await device.stream()
  await stream.message()
  const later = await spansOf(async () => {
    await server.browser().signIn(device.email) // whose event makes the stream look again
    await stream.message()
    await server.flush()
  })
  await stream.close()
  expect(Object.keys(treeOf(later))).toEqual(['POST /api/auth/sign-in/email'])
})

test('an outage is an error of its class, without a message', async () => {
  const { api } = await signUpDevice(server)
  process.kill(server.redis.pid, 'SIGSTOP')
  try {
    const spans = await spansOf(() => expect(api.session.current.query()).rejects.toThrow())
    const errors = spans.map(({ name, attributes, status }) => [name, attributes['error.type'], status])
    expect(errors.toReversed()).toEqual([
      ['GET /trpc/session.current', '503', { code: 2 }],
      ['validate', 'SessionStoreUnavailableError', { code: 2 }],
      ['redis hget', 'no_reply', { code: 2 }],
    ])
  } finally {
    process.kill(server.redis.pid, 'SIGCONT')
  }
  await expect.poll(async () => (await server.send('/readyz')).status).toBe(200)
})

test('names and attributes are of few values: no user, address, token, or text of a client', async () => {
  const client = { 'user-agent': 'Mozilla/5.0 of-the-spans', 'x-request-id': 'id-of-the-client' }
  const device = await signUpDevice(server, client)
  const { id, user } = await device.api.session.current.query()
  const token = tokenOf(device)
  const other = newEmail()
  await countOn(server.redis, 10, ['sign-in:account', other])
  const spans = await spansOf(async () => {
    await device.signIn(device.email)
    await device.post('/api/auth/sign-in/email', { email: other, password: PASSWORD })
    await device.post('/api/auth/sign-up/email', { email: device.email, password: PASSWORD, name: 'Ada' })
    await device.post('/api/auth/request-password-reset', { email: device.email })
    await device.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: PASSWORD })
    await device.post(`/api/auth/reset-password/${token}`, { token })
    await device.api.devices.list.query()
    await device.api.devices.revokeOthers.mutate()
    await device.request(`/trpc/devices.list,session.current?batch=1&input=${token}`)
    await device.request(`/trpc/${user.id}`)
    await device.request(`/${user.id}?q=${device.email}`, { method: 'PURGE' })
    await server.browser({ cookie: `rollcall.session_token=${signed(token)}x` }).request('/trpc/session.current')
    await device.post('/api/auth/sign-out', {})
  })
  const text = JSON.stringify(
    spans.map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links })),
  )
  const secrets = [token, token.slice(-20), id, user.id, user.email, other, 'Ada', PASSWORD, '127.0.0.1']
  for (const secret of [...secrets, ...Object.values(client), 'PURGE']) expect(text).not.toContain(secret)
  const keys = [...new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)))]
  expect(keys.toSorted()).toEqual([
    'db.operation.name',
    'db.stored_procedure.name',
    'db.system.name',
    'http.request.method',
    'http.response.status_code',
    'http.route',
    'rollcall.event',
    'rollcall.result',
  ])
  const routes = new Set(spans.flatMap(({ attributes }) => attributes['http.route'] ?? []))
  expect([...routes]).toEqual(expect.arrayContaining(['/trpc/*', '/api/auth/*', '/*', '/trpc/devices.revokeOthers']))
  expect(spans.filter(({ name }) => name === 'redis evalsha')).toEqual([])
})

test('without an SDK there is no tracer, so nothing is wrapped', () => {
  expect(before).toBeUndefined()
  expect(installedTracer()).toBeDefined()
})
