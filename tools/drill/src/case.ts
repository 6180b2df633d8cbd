import type { Watch } from './load.js'
import type { Stage } from './stage.js'
import type { Typist } from './typist.js'

/** The effect of a case on the sessions under load. */
export interface Outcome {
  /** The step that revokes: no query that begins after its end passes. Times are those of `performance.now()`. */
  readonly revoking: { readonly began: number; readonly ended: number }
  readonly gone: readonly Watch[]
  readonly stays: readonly Watch[]
}

export type Play = (stage: Stage, typist: Typist) => Promise<Outcome>

/** Fails a drill. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`The drill failed: ${what}`)
}

export function checkEqual(found: unknown, expected: unknown, what: string): void {
  check(found === expected, `${what} is ${String(found)} instead of ${String(expected)}`)
}
