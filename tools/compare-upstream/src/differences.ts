import { readFileSync } from 'node:fs'
import { z } from 'zod'

const group = z.object({
  kind: z.enum(['by design', 'does not apply']),
  reason: z.string(),
  /** The document that decides it, from the root of the repository. */
  see: z.string(),
  /** By file, the names of its tests. */
  tests: z.record(z.string(), z.array(z.string()).min(1)),
})

/**
 * The tests of better-auth that are known to fail with our plugin, and why.
 *
 * @throws {z.ZodError} if the list is malformed.
 */
export function readDifferences() {
  const file = new URL('../differences.json', import.meta.url)
  return z
    .array(group)
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .map(({ tests, ...rest }) => ({
      ...rest,
      tests: Object.entries(tests).flatMap(([file, names]) => names.map((name) => `${file} > ${name}`)),
    }))
}
