import { describe, expect, test } from 'vitest'
import { readerOf } from '../../src/accounts/people/reader.js'
import {
  accountDeletedMessage,
  emailChangedMessage,
  newDeviceMessage,
  passkeyChangedMessage,
  passwordChangedMessage,
  passwordRemovedMessage,
  providerChangedMessage,
  secondFactorChangedMessage,
} from '../../src/mail/messages.js'
import { codeOf, newEmail, PASSWORD, startServer } from '../helpers.js'
import { startSmtp } from './smtp.js'

const at = new Date('2026-11-28T23:30:00Z')
const newDevice = { device: { browser: 'Chrome', os: 'Android' }, ipAddress: null, place: null, at }

describe.each([
  ['en', 'Europe/Berlin', '29 November 2026 at 00:30 (Central European Standard Time)'],
  ['de', 'Europe/Berlin', '29. November 2026 um 00:30 (Mitteleuropäische Normalzeit)'],
  ['en', 'America/New_York', '28 November 2026 at 18:30 (Eastern Standard Time)'],
  ['en', undefined, '28 November 2026 at 23:30 (UTC)'],
  ['de', undefined, '28. November 2026 um 23:30 (UTC)'],
] as const)('in %s, for a reader in the zone %s, a mail gives the time as', (language, timeZone, time) => {
  const baseUrl = 'https://rollcall.example'
  const context = { language, timeZone, baseUrl, url: baseUrl }
  test.each([
    ['a new device', newDeviceMessage(newDevice, context)],
    ['a first password', passwordChangedMessage('set', at, context)],
    ['a changed password', passwordChangedMessage('changed', at, context)],
    ['a removed password', passwordRemovedMessage(at, context)],
    ['a deleted account', accountDeletedMessage(at, context)],
    ['a new passkey', passkeyChangedMessage('added', at, context)],
    ['a removed passkey', passkeyChangedMessage('removed', at, context)],
    ['a linked provider', providerChangedMessage('added', at, context)],
    ['an unlinked provider', providerChangedMessage('removed', at, context)],
    ['a new address', emailChangedMessage(at, context)],
    ['a second factor', secondFactorChangedMessage('on', at, context)],
    ['no second factor', secondFactorChangedMessage('off', at, context)],
    ['new backup codes', secondFactorChangedMessage('renewed', at, context)],
  ])(`${time}: %s`, (_event, { text, html }) => {
    expect(text).toContain(time)
    expect(html).toContain(time)
    expect(text.match(/UTC/g) ?? []).toHaveLength(timeZone === undefined ? 1 : 0)
  })
})

test('an account remembers the zone of the browser that it was made in, and of the one that chose a language', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url, SIGN_UP: 'direct' } })
  const email = newEmail()
  const device = server.browser()
  const body = { email, password: PASSWORD, name: 'Ada', language: 'en', timeZone: 'Asia/Tokyo' }
  const made = await device.post('/api/auth/sign-up/email', body)
  expect([made.status, await made.text()]).toEqual([200, expect.anything()])
  const zone = async (): Promise<unknown> => (await device.api.account.data.query()).user.timeZone
  expect(await zone()).toBe('Asia/Tokyo')
  await server.browser().signIn(email)
  await expect.poll(() => smtp.received[0]?.message).toMatch(/\d\d:\d\d \(Japan Standard Time\)/)

  await device.api.account.setLanguage.mutate({ language: 'en', timeZone: 'America/Toronto' })
  expect(await zone()).toBe('America/Toronto')
  // An earlier page names none, and a browser may know one that this server does not.
  await device.api.account.setLanguage.mutate({ language: 'en' })
  await device.api.account.setLanguage.mutate({ language: 'en', timeZone: 'Mars/Olympus_Mons' })
  expect(await zone()).toBe('America/Toronto')
  expect(await codeOf(device.api.account.setLanguage.mutate({ language: '', timeZone: 'Asia/Tokyo' }))).toBe(
    'BAD_REQUEST',
  )
  expect(await zone()).toBe('America/Toronto')
})

test('a sign-up in a browser with a zone that the server does not know succeeds, and the zone stays unknown', async () => {
  await using server = await startServer()
  for (const timeZone of ['Mars/Olympus_Mons', '', 7, null, undefined, '<b>']) {
    const device = server.browser()
    const body = { email: newEmail(), password: PASSWORD, name: 'Ada', timeZone }
    expect((await device.post('/api/auth/sign-up/email', body)).status, String(timeZone)).toBe(200)
    expect((await device.api.account.data.query()).user.timeZone, String(timeZone)).toBeNull()
  }
})

test.each([
  ['Europe/Berlin', 'Europe/Berlin'],
  ['Mars/Olympus_Mons', undefined], // of a server with a newer list
  [null, undefined],
])('a row with the zone %j has the reader zone %j', (timeZone, zone) => {
  const user = { timeZone, email: 'ada@example.org' }
  expect(readerOf(user).timeZone).toBe(zone)
})
