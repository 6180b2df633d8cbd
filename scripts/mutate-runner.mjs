// Runs inside of vitest: repeats each test of a file with one change after another, in one process.
// It reads the file MUTATION_PLAN for the changes to try. It appends each result to MUTATION_JOURNAL, which survives this process.
import { appendFileSync, readFileSync } from 'node:fs'
import { TestRunner } from 'vitest'

/**
 * @typedef {object} Plan
 * @property {readonly string[]} killed changes that some test noticed
 * @property {Record<string, TestPlan>} tests by name
 *
 * @typedef {object} TestPlan
 * @property {readonly string[]} hits the changes that the test runs through, as far as is known
 * @property {readonly string[]} tried those that need no further try
 * @property {readonly string[]} alone those that are tried right after the code without a change, and with more patience
 * @property {boolean} skip
 *
 * @typedef {{ kind: 'sound' } | { kind: 'change', id: string, alone: boolean }} Step
 */

/** After so many failures, the code without a change has to pass, or none of them counts. */
const FAILURES_AT_ONCE = 20
/** Milliseconds that a test may take with a change, beyond three times its usual ones. */
const PATIENCE_MS = { together: 15_000, alone: 30_000 }
/** A change may run so many times as often as without one: a loop that never waits ends by this. */
const HITS = { factor: 100, least: 100_000 }

// The real ones: a test may replace them.
const { setTimeout, clearTimeout, performance } = globalThis

const { MUTATION_JOURNAL: journal = '', MUTATION_PLAN: plan = '' } = process.env
/** @type {Plan} */
const { killed, tests } = JSON.parse(readFileSync(plan, 'utf8'))
const noticed = new Set(killed)

/** State that Stryker's instrumented code shares with this runner. */
const stryker = Reflect.get(globalThis, '__stryker__') ?? {}
Reflect.set(globalThis, '__stryker__', stryker)

/** @param {object} entry */
const record = (entry) => appendFileSync(journal, `${JSON.stringify(entry)}\n`)

/** The work of a test that never ends would disturb the next one. @returns {never} */
function end() {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('This process lives on after SIGKILL')
}

export default class extends TestRunner {
  /** @type {Step} */
  #step = { kind: 'sound' }
  /** The steps left for this test; undefined before its first run. @type {Step[] | undefined} */
  #left = undefined
  /** The changes that failed since the code without a change passed. @type {string[]} */
  #failed = []
  #began = 0
  #usual = 0
  /** How often each change runs in this test. @type {Record<string, number>} */
  #hits = {}

  /** @override @param {import('vitest').RunnerTestCase} test */
  async onBeforeRunTask(test) {
    await super.onBeforeRunTask(test)
    if (test.mode !== 'run' && test.mode !== 'queued') return
    this.#left = undefined
    this.#failed = []
    const { hits, skip } = planOf(test)
    if (skip || (hits.length > 0 && left(test, hits).length === 0)) test.mode = 'skip'
    else Object.assign(test, { repeats: Number.MAX_SAFE_INTEGER, retry: 0 })
  }

  /** @override @param {import('vitest').RunnerTestCase} test */
  onBeforeTryTask(test) {
    super.onBeforeTryTask(test)
    const step = this.#next()
    if (step === undefined) return test.context.skip()
    Object.assign(test.result ?? {}, { state: 'run', errors: undefined })
    this.#step = step
    this.#began = performance.now()
    const id = step.kind === 'change' ? step.id : ''
    if (id !== '') record({ test: nameOf(test), began: id })
    const hitLimit = Math.max(HITS.least, HITS.factor * (this.#hits[id] ?? 0))
    Object.assign(stryker, { currentTestId: nameOf(test), activeMutant: id, hitCount: 0, hitLimit })
    return undefined
  }

  /** @param {import('vitest').RunnerTestCase} test */
  async runTask(test) {
    const work = TestRunner.getTestFn(test)
    const { kind } = this.#step
    if (kind === 'sound') return await work()
    const patience = this.#step.alone ? PATIENCE_MS.alone : PATIENCE_MS.together
    const late = setTimeout(end, 3 * this.#usual + patience)
    try {
      await work()
    } finally {
      clearTimeout(late)
    }
  }

  /** @param {import('vitest').RunnerTestCase} test */
  onAfterRetryTask(test) {
    const failed = test.result?.state === 'fail'
    const step = this.#step
    stryker.activeMutant = ''
    if (step.kind === 'change') {
      record({ test: nameOf(test), id: step.id, failed })
      if (failed) this.#failed.push(step.id)
      return
    }
    record({ test: nameOf(test), sound: !failed })
    if (failed) end()
    for (const id of this.#failed.splice(0)) noticed.add(id)
    if (this.#left !== undefined) return
    this.#usual = performance.now() - this.#began
    this.#hits = stryker.mutantCoverage?.perTest[nameOf(test)] ?? {}
    const hits = Object.keys(this.#hits)
    record({ test: nameOf(test), hits })
    this.#left = left(test, hits)
  }

  /** @override @param {import('vitest').RunnerTestCase} test */
  onAfterRunTask(test) {
    super.onAfterRunTask(test)
    delete stryker.currentTestId
  }

  /** @override */
  onAfterRunFiles() {
    super.onAfterRunFiles()
    record({ ended: true, atLoad: Object.keys(stryker.mutantCoverage?.static ?? {}) })
  }

  /** @returns {Step | undefined} */
  #next() {
    if (this.#left === undefined) return { kind: 'sound' }
    while (this.#left[0]?.kind === 'change' && noticed.has(this.#left[0].id)) this.#left.shift()
    const [step] = this.#left
    const alone = step?.kind === 'change' && step.alone
    const { length } = this.#failed
    const doubts = length > 0 && (alone || step === undefined || length >= FAILURES_AT_ONCE)
    if (doubts) return { kind: 'sound' }
    this.#left.shift()
    return step
  }
}

/** @param {import('vitest').RunnerTestCase} test */
function nameOf(test) {
  return test.fullTestName
}

/** @param {import('vitest').RunnerTestCase} test @returns {TestPlan} */
function planOf(test) {
  return tests[nameOf(test)] ?? { hits: [], tried: [], alone: [], skip: false }
}

/**
 * The changes to try with a test; those to try alone last, each after the code without a change.
 *
 * @param {import('vitest').RunnerTestCase} test @param {readonly string[]} hits @returns {Step[]}
 */
function left(test, hits) {
  const { tried, alone } = planOf(test)
  const open = hits.filter((id) => !noticed.has(id) && !tried.includes(id))
  return [
    ...open
      .filter((id) => !alone.includes(id))
      .map((id) => ({ kind: /** @type {const} */ ('change'), id, alone: false })),
    ...open
      .filter((id) => alone.includes(id))
      .flatMap((id) => [
        { kind: /** @type {const} */ ('sound') },
        { kind: /** @type {const} */ ('change'), id, alone: true },
      ]),
  ]
}
