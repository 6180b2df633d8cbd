// Tries changes with one file of tests: in as few processes as it takes.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./mutate-runner.mjs').TestPlan} TestPlan */
/** @typedef {{ killed: Set<string>, late: Set<string>, passed: Set<string>, atLoad: Set<string>, sick: string[] }} Outcome */

/** Milliseconds without a word of a process that repeats tests: its event loop stands still. */
const SILENCE_MS = 180_000
/** Processes that bring nothing new, until the tests count as failing without a change. */
const FUTILE = 2

/**
 * @param {string} copy of the package, instrumented, with `vitest.config.mjs` and the runner
 * @param {string} file of tests
 * @param {ReadonlySet<string>} known ids of changes that need no try
 * @returns {Promise<Outcome>} `killed` includes `late`, those that a test only noticed because it ran for ever
 */
export async function tryFile(copy, file, known) {
  const journal = join(copy, 'journal.jsonl')
  const plan = join(copy, 'plan.json')
  /** @type {Outcome} */
  const outcome = { killed: new Set(), late: new Set(), passed: new Set(), atLoad: new Set(), sick: [] }
  /** @type {Map<string, { hits: Set<string>, tried: Set<string>, alone: Set<string>, faults: number }>} */
  const tests = new Map()
  for (let futile = 0; futile < FUTILE;) {
    const plans = [...tests].map(([name, { hits, tried, alone, faults }]) => [
      name,
      { hits: [...hits], tried: [...tried], alone: [...alone], skip: faults >= FUTILE },
    ])
    writeFileSync(plan, JSON.stringify({ killed: [...known, ...outcome.killed], tests: Object.fromEntries(plans) }))
    rmSync(journal, { force: true })
    await repeat(copy, file, { MUTATION_JOURNAL: journal, MUTATION_PLAN: plan })
    const entries = existsSync(journal) ? lines(journal) : []
    const news = replay(entries, tests, outcome)
    const ended = entries.some((entry) => entry.ended)
    const open = [...tests.values()].some(
      ({ hits, tried, faults }) =>
        faults < FUTILE && [...hits].some((id) => !tried.has(id) && !known.has(id) && !outcome.killed.has(id)),
    )
    if (ended && !open) break
    futile = news ? 0 : futile + 1
  }
  outcome.sick = [...tests].filter(([, { faults }]) => faults >= FUTILE).map(([name]) => name)
  for (const { tried } of tests.values()) for (const id of tried) if (!outcome.killed.has(id)) outcome.passed.add(id)
  return outcome
}

/**
 * A failure counts if the code without a change passed right before it or passes after it.
 * All others are tried again, each alone.
 *
 * @param {any[]} entries of one process
 * @param {Map<string, { hits: Set<string>, tried: Set<string>, alone: Set<string>, faults: number }>} tests
 * @param {Outcome} outcome
 * @returns {boolean} whether they bring anything new
 */
function replay(entries, tests, outcome) {
  let news = false
  let isFresh = false
  /** @type {string[]} */
  let doubtful = []
  /** @type {{ test: string, id: string } | undefined} */
  let begun
  /** @param {string} name */
  const of = (name) => {
    const test = tests.get(name) ?? { hits: new Set(), tried: new Set(), alone: new Set(), faults: 0 }
    tests.set(name, test)
    return test
  }
  let last = ''
  for (const entry of entries) {
    if (entry.ended) for (const id of entry.atLoad) outcome.atLoad.add(id)
    if (entry.test === undefined) continue
    const test = of(entry.test)
    last = entry.test
    for (const id of entry.hits ?? []) {
      news ||= !test.hits.has(id)
      test.hits.add(id)
    }
    if (entry.began) begun = { test: entry.test, id: entry.began }
    if (entry.id) {
      begun = undefined
      if (entry.failed && !isFresh) doubtful.push(entry.id)
      else test.tried.add(entry.id)
      if (entry.failed && isFresh) outcome.killed.add(entry.id)
      news = true
      isFresh = false
    }
    if (entry.sound === true) for (const id of doubtful.splice(0)) outcome.killed.add(id)
    if (entry.sound !== undefined) isFresh = entry.sound
    if (entry.sound === false && !news) {
      test.faults += 1 // by itself, for this process has tried no change yet
      news = true
    }
  }
  for (const id of doubtful) of(last).alone.add(id)
  if (begun === undefined) return news
  const { tried, alone } = of(begun.test)
  if (alone.has(begun.id)) {
    tried.add(begun.id)
    outcome.killed.add(begun.id)
    outcome.late.add(begun.id)
  }
  alone.add(begun.id)
  return true
}

/** @param {string} path @returns {any[]} */
function lines(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line))
}

/**
 * Resolves when vitest has ended. It is killed if its journal does not grow.
 *
 * @param {string} copy @param {string} file @param {Record<string, string> & { MUTATION_JOURNAL: string }} env
 */
async function repeat(copy, file, env) {
  const child = vitest(copy, [file, '--config', 'vitest.repeat.mjs'], env)
  let grown = Date.now()
  let size = 0
  const watch = setInterval(() => {
    const now = existsSync(env.MUTATION_JOURNAL) ? statSync(env.MUTATION_JOURNAL).size : 0
    if (now !== size) grown = Date.now()
    size = now
    if (Date.now() - grown > SILENCE_MS) killGroup(child)
  }, 1_000)
  await new Promise((resolve) => child.once('close', resolve))
  clearInterval(watch)
}

/**
 * Whether tests pass, in a process of their own.
 *
 * @param {string} copy @param {readonly string[]} files @param {string} id of a change; '' for none @param {number} patience in ms
 * @returns {Promise<boolean>}
 */
export async function passes(copy, files, id, patience) {
  const child = vitest(copy, [...files, '--bail', '1', '--config', 'vitest.config.mjs'], {
    __STRYKER_ACTIVE_MUTANT__: id,
  })
  const late = setTimeout(() => killGroup(child), patience)
  const code = await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(late)
  return code === 0
}

/** @param {string} copy @param {readonly string[]} args @param {Record<string, string>} env */
function vitest(copy, args, env) {
  return spawn(join(copy, 'node_modules/.bin/vitest'), ['run', ...args], {
    cwd: copy,
    stdio: 'ignore',
    detached: true, // a group of its own, to kill it whole
    env: { ...process.env, ...env },
  })
}

/** @param {import('node:child_process').ChildProcess} child */
function killGroup({ pid }) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
