import { check, checkEqual, type Outcome } from './case.js'
import { until, type Watch } from './load.js'
import type { Stage } from './stage.js'
import type { Typist } from './typist.js'

/** As long as a real one: user tag, session id and secret. */
const TOKEN_LENGTH = 22 + 16 + 43
const MADE_UP = 'a'.repeat(TOKEN_LENGTH)

/** A session of each person. */
async function everybody(stage: Stage): Promise<Watch[]> {
  const watches: Watch[] = []
  for (const person of stage.people()) watches.push(await stage.load.watch(person.email, await stage.signIn(person)))
  return watches
}

export async function secretLeaked(stage: Stage, typist: Typist): Promise<Outcome> {
  const gone = await everybody(stage)
  checkEqual(await stage.passes(MADE_UP), false, 'whether a forged cookie passes')
  const began = performance.now()
  stage.secret = 'a new secret of a drill that has 32 characters and more'
  await stage.startServers()
  const restart = { restart: new Date().toISOString() }
  const ended = performance.now()
  const stays = [await stage.load.watch('signed in again', await stage.signIn(stage.ada))]
  const preview = await typist.type('rollcall revoke', restart)
  check(preview.out.startsWith(`${gone.length} sessions of ${gone.length} users`), `the preview is ${preview.out}`)
  await typist.type('rollcall revoke', restart)
  checkEqual((await typist.type('rollcall find', restart)).out, '', 'the list of old sessions')
  return { revoking: { began, ended }, gone, stays }
}

export async function dumpLeaked(stage: Stage, typist: Typist): Promise<Outcome> {
  const page = await (await stage.signIn(stage.bob)).openPage()
  const gone = await everybody(stage)
  for (const token of await tokensOfDump(stage))
    checkEqual(await stage.passes(token), false, 'a token made of the dump')
  await typist.type('rollcall revoke')
  const revoking = await typist.type('rollcall revoke')
  checkEqual((await page.ended).reason, 'Security update', 'the reason on the page')
  check((await typist.type('rollcall operations list')).lines[0]?.includes('  done  ') === true, 'it is not done')
  return { revoking, gone, stays: [await stage.load.watch('signed in again', await stage.signIn(stage.ada))] }
}

/** The best that a thief can make of a record: the hash in place of the secret. */
async function tokensOfDump(stage: Stage): Promise<string[]> {
  return stage.askRedis(async (client) => {
    const tokens: string[] = []
    for (const key of await client.keys('user:{*}:sessions')) {
      const tag = /\{(.*)\}/.exec(key)?.[1] ?? ''
      for (const [id, record] of Object.entries(await client.hgetallBuffer(key)))
        tokens.push(`${tag}${id}${record.subarray(1, 33).toString('base64url')}`)
    }
    check(tokens.length > 0 && tokens.every(({ length }) => length === TOKEN_LENGTH), 'the dump has no records')
    return tokens
  })
}

export async function redisLost(stage: Stage, typist: Typist): Promise<Outcome> {
  const { load, ada, bob } = stage
  const lost = await everybody(stage)
  await stage.replaceRedis()
  await until(() => lost.every(({ refused }) => refused > 0), 'an empty Redis to refuse each session')

  const laptop = await stage.signIn(ada)
  const revoked = await load.watch('revoked since the backup', laptop)
  const gone = [...lost, revoked, await load.watch('signed in at the backup', await stage.signIn(bob))]
  const backup = await stage.backUpRedis()
  checkEqual((await laptop.post('/api/auth/sign-out', {})).status, 200, 'the answer to a sign-out')
  const began = performance.now()
  await stage.servers.stop()
  await stage.replaceRedis(backup)
  const preview = await typist.type('rollcall revoke')
  check(preview.out.startsWith('2 sessions of 2 users'), `the sign-out is not undone: ${preview.out}`)
  await typist.type('rollcall revoke')
  checkEqual((await typist.type('rollcall find')).out, '', 'the list of sessions of the backup')
  const ended = performance.now()
  await stage.startServers()
  return { revoking: { began, ended }, gone, stays: [await load.watch('signed in again', await stage.signIn(ada))] }
}
