// Runs the stages of CI, each one even if an earlier one failed, and prints one line of counts at the end.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from './browser.mjs'
import { playwrightCounts, vitestCounts } from './counts.mjs'
import { packages, root, run } from './workspace.mjs'

/** @typedef {import('./counts.mjs').Counts} Counts */

/** @returns {Promise<number>} exit code */
export async function check() {
  /** @type {{ name: string, counts: Counts, note?: string }[]} */
  const results = []

  /** @param {string} name @param {string} command @param {readonly string[]} args */
  const stage = async (name, command, args) => {
    console.log(`\n=== ${name}`)
    const { code } = await run(command, args)
    return code === 0
  }
  /** @param {string} name @param {boolean} ok @param {string} [note] */
  const single = (name, ok, note) => {
    results.push({ name, counts: { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }, ...(note && { note }) })
  }
  /**
   * Runs one kind of suite in each package that has it, one after the other: their deadlines are not for a crowded
   * machine. Each leaves a report in its folder test-results.
   * @param {'test' | 'e2e'} task @param {string} report @param {(report: any) => Counts} read
   */
  const suites = async (task, report, read) => {
    const having = packages().filter(({ scripts }) => scripts[task])
    for (const { folder } of having) rmSync(join(root, folder, 'test-results'), { recursive: true, force: true })
    const ok = await stage(task, 'turbo', ['run', task, '--continue', '--concurrency=1'])
    const before = results.length
    for (const { folder } of having) {
      const name = `${task} ${folder}`
      try {
        const counts = read(JSON.parse(readFileSync(join(root, folder, 'test-results', report), 'utf8')))
        const empty = counts.passed + counts.failed === 0
        results.push({ name, counts: empty ? { ...counts, failed: 1 } : counts, ...(empty && { note: 'ran no test' }) })
      } catch {
        single(name, false, 'left no results')
      }
    }
    if (!ok && results.slice(before).every(({ counts }) => counts.failed === 0)) {
      single(task, false, 'failed outside its tests')
    }
  }

  single('typecheck', await stage('typecheck', 'turbo', ['run', 'typecheck', '--continue']))
  single('lint', await stage('lint', 'oxlint', []))
  single('format', await stage('format', 'oxfmt', ['--check']))
  const built = await stage('build', 'turbo', ['run', 'build', '--continue'])
  if (!built) single('build', false)
  // After the build: it follows an import of another package through its declarations.
  single('unused code', await stage('unused code', 'knip', []))
  await suites('test', 'vitest.json', vitestCounts)
  if (built) {
    console.log('\n=== packages')
    try {
      const { checkPackages } = await import('./packages.mjs') // needs what is installed by now
      single('packages', (await checkPackages()) === 0)
    } catch (error) {
      single('packages', false, error instanceof Error ? error.message : String(error))
    }
    try {
      const browser = await findBrowser()
      if (browser) process.env.ROLLCALL_CHROMIUM = browser
      await suites('e2e', 'playwright.json', playwrightCounts)
    } catch (error) {
      single('e2e', false, error instanceof Error ? error.message : String(error))
    }
  } else {
    single('packages', false, 'not run: nothing built')
    single('e2e', false, 'not run: nothing built')
  }

  return printSummary(results)
}

/** @param {readonly { name: string, counts: Counts, note?: string }[]} results @returns {number} exit code */
function printSummary(results) {
  console.log('\n=== summary')
  for (const { name, counts, note } of results) {
    const skipped = counts.skipped ? `, ${counts.skipped} skipped` : ''
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed${skipped}${note ? ` (${note})` : ''}`)
    for (const failure of counts.failures ?? []) console.log(`  ${failure}`)
  }
  const passed = results.reduce((sum, { counts }) => sum + counts.passed, 0)
  const failed = results.reduce((sum, { counts }) => sum + counts.failed, 0)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}
