import { expect, test } from 'vitest'
import { drill, type Played, plays } from '../src/drill.js'
import { fill, parseRunbook, readRunbook } from '../src/runbook.js'
import { startQuickShell } from '../src/shells.js'

test('each case of the runbook does what it says, and no session passes after its revocation', async () => {
  const played: Played[] = []
  await drill({ servers: 1, bystanders: 0, thinkMs: 100 }, startQuickShell(), (one) => played.push(one))
  expect(played.map(({ title }) => title)).toEqual(Object.keys(plays))
  for (const { lastPassedMs, stepMs } of played) expect(lastPassedMs).toBeLessThan(stepMs)
}, 120_000)

test('each section of the runbook is a case with commands, and a drill plays it', async () => {
  const cases = await readRunbook()
  expect(cases.map(({ title }) => title)).toEqual(Object.keys(plays))
  for (const { title, commands } of cases) expect(commands.length, title).toBeGreaterThan(1)
})

test('a command is read with its quotes, and a placeholder must have a value', () => {
  const text =
    '# Page\n\n## A case\n\n- Type:\n  ```sh\n  rollcall revoke --reason "A reason" --confirm <count>\n  ```\n'
  const [one] = parseRunbook(text)
  expect(one).toEqual({ title: 'A case', commands: ['rollcall revoke --reason "A reason" --confirm <count>'] })
  expect(fill('rollcall revoke --confirm <count>', { count: '7' })).toBe('rollcall revoke --confirm 7')
  expect(() => fill('rollcall find --signed-in-before <time>', {})).toThrow('Nothing is known for <time>')
})
