import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSessionStore, redisOptions } from '@rollcall/session-store'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { rollcall } from '../src/index.js'
import { secret } from './helpers.js'

const redis = new Redis({ ...redisOptions, lazyConnect: true })
const plugin = rollcall({ store: createSessionStore({ redis }) })
const database = memoryAdapter({ user: [], account: [], session: [], verification: [] })
const options: BetterAuthOptions = { secret, database }
const context = await betterAuth(options).$context

/** The start of the plugin on a better-auth that gives another version of itself. */
const start = (version: string) => plugin.init({ ...context, version })

test.each(['1.6.34', '1.7.19', '1.8.0', '2.7.25', '1.70.25', '11.7.25', '1x7.25', undefined as unknown as string])(
  'better-auth %s is refused at start, by its version',
  (version) => {
    expect(() => start(version)).toThrow(
      `cannot work with better-auth ${version ?? 'of an unknown version'}: it needs 1.7.`,
    )
  },
)

test('the versions of the declared range start, from its oldest on', async () => {
  const { peerDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const oldest: string = peerDependencies['better-auth'].replace('~', '')
  for (const version of [oldest, context.version, '1.7.99']) expect(await start(version)).toHaveProperty('context')
  const [major, minor, patch] = oldest.split('.')
  expect(() => start(`${major}.${minor}.${Number(patch) - 1}`)).toThrow(/it needs/)
})

test('nothing that better-auth 1.6 lacks is imported by name: Node would refuse that version, and not say why', () => {
  const lacking = /\b(?:getIP|tryGetCurrentAuthEndpointContext)\b/
  const folder = fileURLToPath(new URL('../src', import.meta.url))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const imports = files.flatMap((file) => readFileSync(join(folder, file), 'utf8').match(/^import \{[^}]*\}/gm) ?? [])
  expect(imports.length).toBeGreaterThan(100)
  expect(imports.filter((text) => lacking.test(text))).toEqual([])
})
