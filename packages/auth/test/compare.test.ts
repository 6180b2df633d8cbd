import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../compare/revocation.ts', import.meta.url))

test('of the scenarios that better-auth’s own storage breaks, none breaks here', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program])
  const [, ...rows] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/).map((cell) => cell.split(':')[0]?.trim()))
  const counts = (column: number) => rows.filter((row) => row[column] === 'holds').length
  expect(rows).toHaveLength(9)
  expect(counts(2)).toBe(9)
  expect(counts(1)).toBeLessThan(9) // or the scenarios would show nothing
}, 120_000)
