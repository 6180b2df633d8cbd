/** A proof of work that was verified. It passes one attempt. */
export interface ProofOfWork {
  /** 1 to `TOP_LEVEL`. */
  readonly level: number
  /** The id of its challenge. */
  readonly id: string
}

/** Each level takes twice the work of the one before. At the top, every attempt passes: nobody is locked out. */
export const TOP_LEVEL = 5

/** How many attempts may count before one with work of this level is refused. */
export function pointsWith(points: number, level: number): number {
  return level >= TOP_LEVEL ? Number.MAX_SAFE_INTEGER : points * 2 ** level
}

/** The level of work that an attempt needs after so many. */
export function levelBeyond(points: number, counted: number): number {
  let level = 1
  while (pointsWith(points, level) <= counted) level += 1
  return level
}

/** As many attempts as the top level needs to be known: no more are stored. */
export function mostCounted(points: number): number {
  return points * 2 ** (TOP_LEVEL - 1)
}
