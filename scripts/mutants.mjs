// A copy of a package that holds every small change of its code, each switched off, by Stryker's instrumenter.
import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './workspace.mjs'

/**
 * @typedef {object} Mutant
 * @property {string} id
 * @property {string} key the same as long as its file stays as it is
 * @property {string} file
 * @property {string} where line and column
 * @property {string} before
 * @property {string} after
 */

/** Outside of the workspace: no other install pays for it. */
export const tools = join(root, 'tools/mutation')

/**
 * @param {string} folder @param {string} copy @param {readonly string[]} files below src
 * @returns {Promise<Mutant[]>}
 */
export async function instrument(folder, copy, files) {
  copyPackage(folder, copy)
  const entry = join(tools, 'node_modules/@stryker-mutator/instrumenter/dist/src/index.js')
  const { Instrumenter } = await import(entry)
  const log = { debug: () => undefined, info: () => undefined, warn: console.warn, isDebugEnabled: () => false }
  const sources = files.map((name) => ({
    name,
    mutate: true,
    content: readFileSync(join(folder, 'src', name), 'utf8'),
  }))
  const options = { plugins: null, ignorers: [], excludedMutations: [] }
  const instrumented = await new Instrumenter(log).instrument(sources, options)
  for (const { name, content } of instrumented.files) writeFileSync(join(copy, 'src', name), content)
  return instrumented.mutants.map((/** @type {any} */ mutant) => {
    const { id, fileName: file, location, mutatorName, replacement: after } = mutant
    const { content = '' } = sources.find(({ name }) => name === file) ?? {}
    const where = `${location.start.line + 1}:${location.start.column + 1}`
    const key = `${file}@${hash(content)}:${where}:${mutatorName}:${hash(after)}`
    return { id, key, file, where, before: between(content, location), after }
  })
}

/** @param {string} folder @param {string} copy */
export function copyPackage(folder, copy) {
  rmSync(copy, { recursive: true, force: true })
  const left = new Set(['node_modules', 'dist', '.stryker', 'test-results'])
  cpSync(folder, copy, { recursive: true, filter: (path) => !left.has(basename(path)) })
  symlinkSync(join(folder, 'node_modules'), join(copy, 'node_modules'))
}

/**
 * Writes the settings of vitest: those that run all tests with one change, and those that repeat each test with many.
 *
 * @param {string} copy whose tests run @param {Record<string, unknown>} provide
 * @param {Record<string, string>} sources of packages, in place of their builds
 */
export function configure(copy, provide, sources) {
  const runner = 'mutate-runner.mjs'
  cpSync(join(root, 'scripts', runner), join(copy, runner))
  const [own, real] = [join(root, 'scripts/reused-redis.mjs'), join(root, 'tools/dev-redis/dist/index.js')]
  write(copy, 'dev-redis.mjs', [
    `import { reuse } from ${JSON.stringify(own)}`,
    `import * as real from ${JSON.stringify(real)}`,
    `export * from ${JSON.stringify(real)}`,
    'export const startRedis = reuse(real.startRedis)',
  ])
  const wait = 3_000 // milliseconds for a condition that a change may prevent
  const env = { EVENTUALLY_MS: String(wait) }
  const timeouts = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: wait } } }
  const test = { ...timeouts, env, include: ['test/**/*.test.ts'], provide, maxWorkers: 1, pool: 'forks' }
  const aliases = Object.entries(sources)
  const reused = /** @type {const} */ (['@rollcall/dev-redis', join(copy, 'dev-redis.mjs')])
  writeSettings('vitest.config.mjs', test, aliases)
  writeSettings('vitest.repeat.mjs', { ...test, runner: `./${runner}` }, [...aliases, reused])

  /** @param {string} file @param {object} settings @param {readonly (readonly [string, string])[]} names */
  function writeSettings(file, settings, names) {
    const alias = names.map(
      ([name, path]) => `{ find: /^${name.replace('/', '\\/')}$/, replacement: ${JSON.stringify(path)} }`,
    )
    const resolve = `{ alias: [${alias.join(', ')}] }`
    write(copy, file, [`export default { test: ${JSON.stringify(settings)}, resolve: ${resolve} }`])
  }
}

/** @param {string} copy @param {string} file @param {readonly string[]} lines */
function write(copy, file, lines) {
  writeFileSync(join(copy, file), `${lines.join('\n')}\n`)
}

/** @typedef {{ line: number, column: number }} Position */
/** @param {string} text @param {{ start: Position, end: Position }} location @returns {string} */
function between(text, { start, end }) {
  const lines = text.split('\n').slice(start.line, end.line + 1)
  const last = lines.length - 1
  return lines.map((line, n) => line.slice(n === 0 ? start.column : 0, n === last ? end.column : undefined)).join('\n')
}

/** @param {string} text */
export function hash(text) {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}

/** All files below a folder, sorted. @param {string} folder @returns {string[]} */
export function filesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return entries.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).toSorted()
}
