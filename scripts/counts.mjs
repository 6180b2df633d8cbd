// Reads the reports of the suites: how many tests passed and failed, and which.
import { join, relative } from 'node:path'
import { root } from './workspace.mjs'

/**
 * @typedef {{ passed: number, failed: number, skipped: number, failures?: readonly string[] }} Counts
 * `failures` names each test that failed, with the first line of why.
 */

/**
 * @param {{
 *   success: boolean, numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: {
 *     name: string, status: string, message: string,
 *     assertionResults: { status: string, fullName: string, failureMessages: string[] }[]
 *   }[]
 * }} report
 * @returns {Counts}
 */
export function vitestCounts(report) {
  // A file that fails to load fails none of its tests: it counts as one itself.
  const files = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  )
  const failed = report.numFailedTests + files.length
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !report.success ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(({ name, message, assertionResults }) => {
      const failing = assertionResults.filter(({ status }) => status === 'failed')
      if (failing.length === 0) return message ? [failure(name, '', message)] : []
      return failing.map(({ fullName, failureMessages }) => failure(name, fullName, failureMessages[0]))
    }),
  }
}

/** @param {string} file @param {string} title @param {string} [message] */
function failure(file, title, message = '') {
  return `${[relative(root, file), title].filter(Boolean).join(' > ')}: ${message.split('\n')[0]}`
}

/**
 * @typedef {{ title: string, file: string, ok: boolean, tests: { results: { error?: { message?: string } }[] }[] }} Spec
 * @typedef {{ specs: Spec[], suites?: Suite[] }} Suite
 */

/**
 * A test that passed only when repeated has failed.
 * @param {{
 *   stats: { expected: number, unexpected: number, flaky: number, skipped: number }, errors: unknown[], suites: Suite[]
 * }} report
 * @returns {Counts}
 */
export function playwrightCounts({ stats, errors, suites }) {
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + errors.length,
    skipped: stats.skipped,
    failures: suites.flatMap(failuresOf),
  }
}

/** @param {Suite} suite @returns {string[]} */
function failuresOf({ specs, suites = [] }) {
  const failing = specs.filter(({ ok }) => !ok)
  const here = failing.map(({ file, title, tests }) => {
    const error = tests.flatMap(({ results }) => results).find(({ error }) => error)?.error
    return failure(join(root, 'e2e/tests', file), title, error?.message)
  })
  return [...here, ...suites.flatMap(failuresOf)]
}
