import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compare, type Outcomes } from '../src/compare.js'
import { readDifferences } from '../src/differences.js'

const outcomes = (passed: Record<string, boolean>): Outcomes =>
  new Map(
    Object.entries(passed).map(([name, passed]) => [name, { passed, message: passed ? '' : 'expected 1 to be 2' }]),
  )

const counts = (alone: Outcomes, beside: Outcomes, listed: readonly string[] = []) =>
  compare(alone, beside, [{ kind: 'by design', tests: listed }])

test('tests that pass in both ways, or differ as they are listed, are counted', () => {
  const alone = outcomes({ a: true, b: true, c: true, d: false })
  const comparison = compare(alone, outcomes({ a: true, b: false, d: false }), [
    { kind: 'by design', tests: ['b'] },
    { kind: 'does not apply', tests: ['c'] },
  ])
  expect(comparison).toEqual({ problems: [], passed: 1, byDesign: 1, notApplicable: 1, failedAlone: 1 })
})

test('a new difference is a problem that shows its error', () => {
  const { problems } = counts(outcomes({ a: true }), outcomes({ a: false }))
  expect(problems).toEqual([expect.stringMatching(/^a: a new difference, expected 1 to be 2/)])
})

test('so is a test that is not even collected', () => {
  expect(counts(outcomes({ a: true }), outcomes({})).problems).toEqual([expect.stringContaining('did not start')])
})

test.each([
  ['passes', { a: true }, { a: true }, 'listed, but passes'],
  ['no longer exists', {}, { a: false }, 'no such test'],
  ['fails on better-auth alone', { a: false }, { a: false }, 'fails on better-auth alone'],
])('a listed test that %s is a problem', (_, alone: Record<string, boolean>, beside: Record<string, boolean>, text) => {
  expect(counts(outcomes(alone), outcomes(beside), ['a']).problems).toEqual([expect.stringContaining(text)])
})

test('a test that is listed twice is a problem', () => {
  expect(counts(outcomes({ a: true }), outcomes({ a: false }), ['a', 'a']).problems).toEqual([
    expect.stringContaining('listed twice'),
  ])
})

test('each reason of the list is a sentence, and leads to a document', () => {
  const differences = readDifferences()
  expect(differences.length).toBeGreaterThan(0)
  for (const { reason, see } of differences) {
    expect(reason).toMatch(/^[A-Z].*\.$/)
    expect(existsSync(new URL(`../../../${see}`, import.meta.url)), see).toBe(true)
  }
})
