/** The result of each test, by its name: `file > describe > test`. */
export type Outcomes = Map<string, Outcome>

interface Outcome {
  readonly passed: boolean
  /** The text of its errors. */
  readonly message: string
}

/** Tests that fail with our plugin for one reason. */
export interface Difference {
  /** `by design`: it expects what we promise otherwise. `does not apply`: it needs what we do not have. */
  readonly kind: 'by design' | 'does not apply'
  /** The names of the tests. */
  readonly tests: readonly string[]
}

export interface Comparison {
  /** A line for each test that is not as it is listed, with what to do about it. */
  readonly problems: readonly string[]
  /** Tests that fail on better-auth alone, which say nothing about us. */
  readonly failedAlone: number
  readonly passed: number
  readonly byDesign: number
  readonly notApplicable: number
}

/** Compares the tests that pass on better-auth alone with the same tests beside our plugin. */
export function compare(alone: Outcomes, beside: Outcomes, differences: readonly Difference[]): Comparison {
  const listed = new Map(differences.flatMap(({ kind, tests }) => tests.map((test) => [test, kind] as const)))
  const problems = problemsOfTheList(alone, beside, differences)
  const counts = { passed: 0, 'by design': 0, 'does not apply': 0, failedAlone: 0 }
  for (const [test, { passed }] of alone) {
    const kind = listed.get(test)
    if (!passed) counts.failedAlone += 1
    else if (beside.get(test)?.passed) counts.passed += 1
    else if (kind !== undefined) counts[kind] += 1
    else problems.push(`${test}: a new difference, ${reason(beside, test)}. Mend it, or list it with its reason.`)
  }
  return {
    problems,
    failedAlone: counts.failedAlone,
    passed: counts.passed,
    byDesign: counts['by design'],
    notApplicable: counts['does not apply'],
  }
}

function problemsOfTheList(alone: Outcomes, beside: Outcomes, differences: readonly Difference[]): string[] {
  const tests = differences.flatMap(({ tests }) => tests)
  return tests.flatMap((test, index) => {
    const expected = alone.get(test)
    if (tests.indexOf(test) !== index) return [`${test}: listed twice. Remove one of them.`]
    if (expected === undefined) return [`${test}: listed, but there is no such test. Remove it from the list.`]
    if (!expected.passed)
      return [`${test}: listed, but fails on better-auth alone: ${expected.message}. Remove it from the list.`]
    return beside.get(test)?.passed ? [`${test}: listed, but passes. Remove it from the list.`] : []
  })
}

/** A test that was not even collected has no outcome; the body of its `describe` failed. */
function reason(beside: Outcomes, test: string): string {
  return beside.get(test)?.message ?? 'it did not start'
}
