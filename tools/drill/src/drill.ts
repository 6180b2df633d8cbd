import { check, type Outcome, type Play } from './case.js'
import { accountTakenOver, badDeploy, networkAttacks, passwordsLeaked, stolenDevice } from './cases-of-people.js'
import { dumpLeaked, redisLost, secretLeaked } from './cases-of-servers.js'
import { until } from './load.js'
import { readRunbook } from './runbook.js'
import type { Shell } from './shells.js'
import { Stage, type StageOptions } from './stage.js'
import { Typist } from './typist.js'

/** By the titles of the runbook. */
export const plays: Readonly<Record<string, Play>> = {
  'One stolen device': stolenDevice,
  'One account taken over': accountTakenOver,
  'One network or tool attacks': networkAttacks,
  'A bad deploy signed in people wrongly': badDeploy,
  'The password database leaked': passwordsLeaked,
  '`BETTER_AUTH_SECRET` leaked': secretLeaked,
  'A dump of Redis leaked': dumpLeaked,
  'Redis is lost, or restored from an old backup': redisLost,
}

export interface Played {
  readonly title: string
  readonly commands: number
  /** Milliseconds from the begin of the step that revokes to the begin of the last query that passed. */
  readonly lastPassedMs: number
  /** Milliseconds that the step took. No query that began later passed. */
  readonly stepMs: number
}

/**
 * Plays the cases of the runbook in its order.
 *
 * @throws {Error} at the first that does not do what the runbook says.
 */
export async function drill(options: StageOptions, shell: Shell, report: (played: Played) => void): Promise<void> {
  const stage = await Stage.open(options)
  try {
    for (const runbookCase of await readRunbook()) {
      const { title, commands } = runbookCase
      const play = plays[title]
      check(play !== undefined, `nothing plays the case "${title}"`)
      const typist = new Typist(runbookCase, shell, () => stage.settings())
      const outcome = await play(stage, typist)
      typist.finish()
      await settle(stage, outcome)
      report({ title, commands: commands.length, ...verify(title, outcome) })
      await stage.load.stop()
      await stage.forgetSessions()
    }
  } finally {
    shell.close()
    await stage.close()
  }
}

/** Until each session has been asked for after the step, whatever outage there was. */
async function settle({ load }: Stage, { revoking, gone, stays }: Outcome): Promise<void> {
  const passed = (): boolean => stays.every(({ lastPassed, refused }) => refused > 0 || lastPassed > revoking.ended)
  await until(() => gone.every(({ refused }) => refused > 0) && passed(), 'an answer for each session')
  await load.goOn()
}

/** No session that had to go passes after the step. All others pass all the time. */
function verify(title: string, { revoking, gone, stays }: Outcome): Pick<Played, 'lastPassedMs' | 'stepMs'> {
  const { began, ended } = revoking
  for (const { name, lastPassed } of gone)
    check(lastPassed < ended, `${title}: ${name} passed ${Math.round(lastPassed - ended)} ms after it had to be gone`)
  for (const { name, refused } of stays) check(refused === 0, `${title}: ${name} was refused`)
  return { lastPassedMs: Math.max(0, ...gone.map(({ lastPassed }) => lastPassed - began)), stepMs: ended - began }
}
