// The scripts in Redis, changed in one small way after another: Stryker knows no Lua.
import { spawn } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure, root } from './workspace.mjs'

const store = join(root, 'packages/session-store')
/** As deep as the package itself: it looks for tsconfig.base.json above it. */
const copy = join(root, '.mutation-lua/session-store')
/** These test what the scripts do. scripts.test.ts is left out, for it compares comments with code. */
const usual = ['deadlines', 'store', 'events', 'changes', 'races', 'bounded', 'lookups']
/** Milliseconds for all of them. */
const PATIENCE_MS = 180_000

/** @typedef {{ file: string, line: number, before: string, after: string }} Mutation */

/** Each is tried at every place where it fits. @type {readonly (readonly [RegExp, (...found: string[]) => string])[]} */
const operators = [
  [/ <= /g, () => ' < '],
  [/ < /g, () => ' <= '],
  [/ >= /g, () => ' > '],
  [/ > /g, () => ' >= '],
  [/ == /g, () => ' ~= '],
  [/ ~= /g, () => ' == '],
  [/ \+ /g, () => ' - '],
  [/ - /g, () => ' + '],
  [/ and /g, () => ' or '],
  [/ or /g, () => ' and '],
  [/\bnot /g, () => ''],
  [/\bmath\.min\b/g, () => 'math.max'],
  [/\bmath\.max\b/g, () => 'math.min'],
  [/(?<![\w[.'#])\d+(?!['\w\]])/g, (number = '') => String(Number(number) + 1)],
  [/\bif .+ then\b/g, () => 'if true then'],
  [/\bif .+ then\b/g, () => 'if false then'],
]

/** A statement of one line with an effect: a call or an assignment. */
const STATEMENT = /^\s*(?!local |return |if |elseif |for |function |end\b|else\b)[\w.#[\]]+(?:\(.*\)| = .*[^{,(])$/

/** @param {string} line @returns {string[]} the line, changed in every way */
function mutationsOf(line) {
  const [code, comment] = split(line)
  if (code.trim() === '') return []
  const changed = operators.flatMap(([pattern, change]) =>
    [...code.matchAll(pattern)].map(
      (found) => code.slice(0, found.index) + change(...found) + code.slice(found.index + found[0].length),
    ),
  )
  if (STATEMENT.test(code.trimEnd())) changed.push(`${/^\s*/.exec(code)?.[0]}-- removed`)
  return [...new Set(changed)].filter((one) => one !== code).map((one) => one + comment)
}

/** @param {string} line @returns {[code: string, comment: string]} no string in these scripts holds two dashes */
function split(line) {
  const at = line.indexOf('--')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at)]
}

/** @param {string} file below lua @returns {Mutation[]} */
function mutations(file) {
  return readFileSync(join(store, 'lua', file), 'utf8')
    .split('\n')
    .flatMap((before, n) =>
      before.startsWith('#!') ? [] : mutationsOf(before).map((after) => ({ file, line: n + 1, before, after })),
    )
}

/**
 * Prints each change that the tests did not notice.
 *
 * @param {readonly string[]} names files of packages/session-store/lua such as `lib/scan.lua`, or `file:line`; none: all of them
 * @param {readonly string[]} [tests] the beginnings of the names of tests
 * @returns {Promise<number>} exit code
 */
export async function mutateLua(names, tests = usual) {
  const files = readdirSync(join(store, 'lua'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.lua'),
  )
  const wanted = names.length > 0 ? names : files
  const unknown = wanted.find((name) => !files.includes(name.split(':')[0] ?? ''))
  if (unknown !== undefined) throw new Failure(`There is no ${unknown}. There are ${files.join(', ')}.`)
  rmSync(copy, { recursive: true, force: true })
  cpSync(store, copy, {
    recursive: true,
    filter: (path) => !['node_modules', 'dist', '.stryker', 'test-results'].includes(basename(path)),
  })
  symlinkSync(join(store, 'node_modules'), join(copy, 'node_modules'))
  const passes = () => pass(tests.map((name) => `test/${name}`))
  try {
    if (!(await passes())) throw new Failure('The tests fail without any change: run them first.')
    const all = wanted.flatMap((name) => {
      const [file = '', line] = name.split(':')
      return mutations(file).filter((one) => line === undefined || one.line === Number(line))
    })
    let lived = 0
    for (const one of all) {
      if (!(await survives(one, passes))) continue
      lived += 1
      console.log(`lived  ${one.file}:${one.line}\n  - ${one.before.trim()}\n  + ${one.after.trim()}`)
    }
    const killed = all.length - lived
    console.log(
      `${killed} of ${all.length} changes were noticed (${Math.round((1_000 * killed) / Math.max(all.length, 1)) / 10} %).`,
    )
    return 0
  } finally {
    rmSync(join(root, '.mutation-lua'), { recursive: true, force: true })
  }
}

/** @param {Mutation} one @param {() => Promise<boolean>} passes @returns {Promise<boolean>} */
async function survives({ file, line, after }, passes) {
  const path = join(copy, 'lua', file)
  const sound = readFileSync(path, 'utf8')
  try {
    writeFileSync(
      path,
      sound
        .split('\n')
        .with(line - 1, after)
        .join('\n'),
    )
    if (!(await runs('tsx', 'lua/build.ts'))) throw new Failure('The scripts cannot be bundled.')
    return await passes()
  } finally {
    writeFileSync(path, sound)
  }
}

/** @param {readonly string[]} tests @returns {Promise<boolean>} */
async function pass(tests) {
  return await runs('vitest', 'run', '--project', 'single node', '--bail', '1', ...tests)
}

/**
 * Whether a command of the package succeeds in the copy.
 *
 * @param {string} command @param {...string} args
 */
async function runs(command, ...args) {
  const child = spawn(join(store, 'node_modules/.bin', command), args, {
    cwd: copy,
    stdio: 'ignore',
    timeout: PATIENCE_MS,
  })
  return await new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
}
