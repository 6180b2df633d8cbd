import { check, checkEqual, type Outcome } from './case.js'
import { type Stage, windows11 } from './stage.js'
import type { Typist } from './typist.js'

export async function stolenDevice(stage: Stage, typist: Typist): Promise<Outcome> {
  const { load, ada, bob } = stage
  const device = await stage.signIn(ada, windows11)
  const phone = await stage.signIn(ada)
  const laptop = await load.watch('the laptop', device)
  const stays = [
    await load.watch('the phone', phone),
    await load.watch('the laptop of another person', await stage.signIn(bob, windows11)),
  ]
  const page = await device.openPage()
  const { lines } = await typist.type('rollcall sessions list')
  checkEqual(lines.length, 2, 'the number of sessions before')
  const [id = ''] = lines.find((line) => line.includes('Windows 11'))?.split(' ') ?? []
  await typist.type('rollcall revoke', { 'session id': id })
  const revoking = await typist.type('rollcall revoke', { 'session id': id })
  const { cause, reason } = await page.ended
  checkEqual(`${cause}: ${reason}`, 'operator: Your laptop was reported stolen', 'the last message of the open page')
  const { text } = await phone.send('/trpc/activity.list')
  check(text.includes('"by-operator"') && text.includes('reported stolen'), 'the activity lacks the sign-out')
  checkEqual((await typist.type('rollcall sessions list')).lines.length, 1, 'the number of sessions after')
  return { revoking, gone: [laptop], stays }
}

export async function accountTakenOver(stage: Stage, typist: Typist): Promise<Outcome> {
  const { load, ada, bob } = stage
  const gone = [
    await load.watch('the owner', await stage.signIn(ada)),
    await load.watch('the intruder', await stage.signIn(ada)),
  ]
  const stays = [await load.watch('another person', await stage.signIn(bob))]
  await typist.type('rollcall users require-password-reset')
  const revoking = await typist.type('rollcall users require-password-reset')
  check(revoking.out.startsWith('1 user must choose a new password'), `the answer is ${revoking.out}`)
  await checkRefused(stage, ada)
  checkEqual((await typist.type('rollcall sessions list')).out, '', 'the list of sessions')
  await stage.chooseNewPassword(ada)
  stays.push(await load.watch('the owner, with a new password', await stage.signIn(ada)))
  return { revoking, gone, stays }
}

export async function networkAttacks(stage: Stage, typist: Typist): Promise<Outcome> {
  const { load, ada, bob } = stage
  const [first, second] = [{ 'x-forwarded-for': '203.0.113.7' }, { 'x-forwarded-for': '203.0.113.250' }]
  const attacker = await stage.signIn(bob, first)
  const gone = [
    await load.watch('one session of the network', attacker),
    await load.watch('another session of the network', await stage.signIn(ada, second)),
  ]
  const stays = [await load.watch('the owner elsewhere', await stage.signIn(ada, { 'x-forwarded-for': '203.0.114.7' }))]
  const page = await attacker.openPage()
  checkEqual((await typist.type('rollcall find')).lines.length, 2, 'the number of sessions of the network')
  await typist.type('rollcall revoke')
  const revoking = await typist.type('rollcall revoke')
  checkEqual((await page.ended).reason, 'Unusual traffic', 'the reason on the page')
  checkEqual((await typist.type('rollcall find')).out, '', 'the list of sessions of the network')
  return { revoking, gone, stays }
}

export async function badDeploy(stage: Stage, typist: Typist): Promise<Outcome> {
  const { load, ada, bob } = stage
  const stays = [await load.watch('signed in before the deploy', await stage.signIn(ada))]
  const begin = new Date().toISOString()
  const wrong = await stage.signIn(bob)
  const gone = [
    await load.watch('signed in by the bad deploy', wrong),
    await load.watch('another one', await stage.signIn(ada)),
  ]
  const times = { begin, end: new Date().toISOString() }
  stays.push(await load.watch('signed in after the rollback', await stage.signIn(bob)))
  const page = await wrong.openPage()
  await typist.type('rollcall revoke', times)
  const revoking = await typist.type('rollcall revoke', times)
  checkEqual((await page.ended).reason, 'A fault at our end', 'the reason on the page')
  checkEqual((await typist.type('rollcall find', times)).out, '', 'the list of sessions of the deploy')
  check((await typist.type('rollcall operations list')).lines[0]?.includes('  done  ') === true, 'it is not done')
  return { revoking, gone, stays }
}

export async function passwordsLeaked(stage: Stage, typist: Typist): Promise<Outcome> {
  const { load } = stage
  const people = stage.people()
  const gone = []
  for (const person of people) gone.push(await load.watch(person.email, await stage.signIn(person)))
  await typist.type('rollcall users require-password-reset')
  const revoking = await typist.type('rollcall users require-password-reset')
  const expected = `${people.length} users must choose a new password, 0 had none.`
  checkEqual(revoking.lines.at(-1), expected, 'the answer')
  const stays = []
  for (const person of people) {
    await checkRefused(stage, person)
    await stage.chooseNewPassword(person)
    stays.push(await load.watch(`${person.email}, with a new password`, await stage.signIn(person)))
  }
  return { revoking, gone, stays }
}

async function checkRefused(stage: Stage, { email, password }: Stage['ada']): Promise<void> {
  const { status } = await stage.browser().post('/api/auth/sign-in/email', { email, password })
  checkEqual(status, 401, 'the answer to the old password')
}
