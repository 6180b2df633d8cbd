import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { readSettings } from '../src/settings/env.js'
import { startServer } from './helpers.js'

const text = readFileSync(new URL('../../../compose.yaml', import.meta.url), 'utf8')

/** The part of the file that describes a service. */
const service = (name: string) => new RegExp(`^  ${name}:\\n(.*?)(?=^  \\w+:\\n|^\\w)`, 'ms').exec(text)?.[1] ?? ''

/** The value after shell variables are replaced. */
const filled = (value: string, variables: Record<string, string>) =>
  value.replaceAll(/\$\{(\w+)(?::[?-][^}]*)?\}/g, (_, name: string) => variables[name] ?? '')

test('the composition starts with secrets of its own, as a trial that says so', () => {
  const variables = Object.fromEntries(
    ['BETTER_AUTH_SECRET', 'REDIS_PASSWORD', 'POSTGRES_PASSWORD'].map((name) => [
      name,
      randomBytes(32).toString('hex'),
    ]),
  )
  const lines = [...service('api').matchAll(/^ {6}([A-Z_]+): (.*?)(?: #.*)?$/gm)]
  const env = Object.fromEntries(lines.map(([, name = '', value = '']) => [name, filled(value, variables)]))
  expect(readSettings({ NODE_ENV: 'production', ...env })).toMatchObject({
    redis: { kind: 'single', password: variables['REDIS_PASSWORD'] },
    databaseUrl: `postgres://rollcall:${variables['POSTGRES_PASSWORD']}@postgres:5432/rollcall`,
    allowedInsecure: ['http', 'outbox'],
  })
  expect(() => readSettings({ NODE_ENV: 'production', ...env, ALLOW_INSECURE: '' })).toThrow(/^BASE_URL .*\nSMTP_URL /)
})

test('no secret of the composition is fixed, and Redis and PostgreSQL each need theirs', () => {
  expect(service('redis')).toContain('--requirepass ${REDIS_PASSWORD:?}')
  expect(service('postgres')).toContain('POSTGRES_PASSWORD: "${POSTGRES_PASSWORD:?}"')
  for (const name of ['BETTER_AUTH_SECRET', 'REDIS_PASSWORD', 'POSTGRES_PASSWORD']) {
    expect(text.match(new RegExp(`\\$\\{${name}(?!:\\?)`, 'g')), `${name} must have no default`).toBeNull()
  }
})

test('the health check of the image follows PORT, and is about the process alone', async () => {
  const image = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8')
  const [, command = ''] = /HEALTHCHECK .*\n\s+CMD (\[.*\])/.exec(image) ?? []
  const [, ...args] = JSON.parse(command) as string[] // the form that Docker runs without a shell
  const check = (port: number) => promisify(execFile)(process.execPath, args, { env: { PORT: String(port) } })
  const server = await startServer()
  await server.redis.stop()
  expect((await server.send('/readyz')).status).toBe(503)
  await check(server.port)
  await server[Symbol.asyncDispose]()
  await expect(check(server.port)).rejects.toMatchObject({ code: 1 })
})
