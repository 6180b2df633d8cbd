// npm run mutate: changes the code in one small way after another, and prints the changes that no test notices.
//   npm run mutate -- session-store                            a whole package
//   npm run mutate -- session-store token.ts record.ts         these files of its src
//   npm run mutate -- session-store token.ts --tests store     only by the tests whose names begin so
//   npm run mutate -- lua [touch.lua …]                        the scripts in Redis, by a mutator of our own
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mutateLua } from './mutate-lua.mjs'
import { Failure, installApart, mustRun, root, run } from './workspace.mjs'

/**
 * @typedef {object} Target
 * @property {string} folder
 * @property {readonly string[]} files to mutate, below src
 * @property {readonly string[]} except tests that need several servers, or take too long to be run so often
 * @property {Record<string, unknown>} [provide]
 */

/** @type {Record<string, Target>} */
const targets = {
  'session-store': {
    folder: 'packages/session-store',
    files: ['**/*.ts', '!index.ts', '!scripts/lua.generated.ts'],
    except: ['*cluster', '*sentinel'],
    provide: { backend: 'single node', durability: 'master', clientPrefix: '' },
  },
  auth: { folder: 'packages/auth', files: ['**/*.ts', '!index.ts'], except: ['compare'] },
  devices: { folder: 'packages/devices', files: ['**/*.ts', '!index.ts'], except: [] },
  trpc: { folder: 'packages/trpc', files: ['*.ts', '!index.ts'], except: [] },
  api: {
    folder: 'apps/api',
    files: ['limits/limits.ts', 'errors.ts', 'http/origin.ts', 'http/health.ts'],
    except: ['accounts/*', 'security', 'env', 'activity', 'fuzz', 'start*', 'streams'],
  },
}

const tools = join(root, 'tools/mutation')

/** Milliseconds beyond the usual time of a test. After that, a mutant counts as one that never ends. */
const PATIENCE_MS = 30_000

/** @param {readonly string[]} args @returns {Promise<number>} exit code */
export async function mutate(args) {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { tests: { type: 'string' }, concurrency: { type: 'string', default: '1' } },
  })
  const [name = '', ...files] = positionals
  if (name === 'lua') return await mutateLua(files, values.tests?.split(','))
  const target = targets[name]
  if (target === undefined) throw new Failure(`Name what to mutate: ${Object.keys(targets).join(', ')} or lua.`)
  await mustRun('The build', 'turbo', ['run', 'build', `--filter=@rollcall/${name}`])
  await installApart('Stryker', tools)
  const { folder } = target
  const work = join(root, folder, '.stryker')
  mkdirSync(work, { recursive: true })
  const include = (values.tests ?? '').split(',').map((test) => `test/**/${test}*.test.ts`)
  const exclude = ['**/node_modules/**', ...target.except.map((test) => `test/**/${test}.test.ts`)]
  const test = { include, exclude, provide: target.provide ?? {}, testTimeout: 20_000, hookTimeout: 60_000 }
  writeFileSync(join(work, 'vitest.config.mjs'), `export default ${JSON.stringify({ test })}\n`)
  const chosen = files.length > 0 ? files : target.files
  const config = {
    testRunner: 'vitest',
    plugins: [join(tools, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
    vitest: { configFile: join(work, 'vitest.config.mjs') },
    mutate: chosen.map((file) => file.replace(/^(!?)/, '$1src/')),
    ignorePatterns: ['dist', 'test-results', '.stryker'],
    tempDirName: `../../.mutation-${name}`, // as deep as the package itself: it looks for tsconfig.base.json above it
    tsconfigFile: 'none', // which would be rewritten for a copy that is deeper
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: '.stryker/incremental.json',
    concurrency: Number(values.concurrency),
    timeoutMS: PATIENCE_MS,
    dryRunTimeoutMinutes: 30, // its default of 5 is short beside other work
    allowEmpty: false,
    reporters: ['clear-text', 'json'],
    clearTextReporter: { reportTests: false, logTests: false, allowColor: false },
    jsonReporter: { fileName: '.stryker/report.json' },
  }
  writeFileSync(join(work, 'stryker.config.json'), JSON.stringify(config, null, 2))
  const { code } = await run(join(tools, 'node_modules/.bin/stryker'), ['run', join(work, 'stryker.config.json')], {
    cwd: join(root, folder),
  })
  return code
}
