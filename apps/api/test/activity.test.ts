/* oxlint-disable max-lines -- Two servers serve all of it, on each database. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../src/accounts/database/database.js'
import { CHROME, SAFARI, entriesOf, name, summarize } from './activity-entries.js'
import { codeOf, databaseOf, newEmail, PASSWORD, signUpDevice, startServer, type TestServer } from './helpers.js'

// Two servers that share Redis and database, as two behind a balancer do.
let redis: PrivateRedis
let dataDir: string
let one: TestServer
let two: TestServer
beforeAll(async () => {
  redis = await startRedis()
  dataDir = await mkdtemp(join(tmpdir(), 'rollcall-activity-'))
  one = await startServer({ redis, env: { DATA_DIR: dataDir } })
  two = await startServer({ redis, env: { DATA_DIR: dataDir } })
})
afterAll(async () => {
  await one[Symbol.asyncDispose]()
  await two[Symbol.asyncDispose]()
  await redis.stop()
  await rm(dataDir, { recursive: true, force: true })
})

/** Someone with a laptop on the first server and a phone on the second. */
async function person() {
  const email = newEmail()
  const laptop = one.browser({ 'user-agent': CHROME })
  await laptop.signUp(email)
  const phone = two.browser({ 'user-agent': SAFARI })
  await phone.signIn(email)
  const { id } = await phone.api.session.current.query()
  return { email, laptop, phone, phoneId: id }
}

describe('what a person sees', () => {
  test('a call that asks for the wrong thing leaves no event, under which a sign-in could be buried', async () => {
    const { phone, phoneId } = await person()
    const before = one.audits().length + two.audits().length
    const { revoke, revokeMany } = phone.api.devices
    for (const id of [phoneId, '']) {
      expect(await codeOf(revoke.mutate({ id }))).toBe('BAD_REQUEST')
      expect(await codeOf(revokeMany.mutate({ ids: [id] }))).toBe('BAD_REQUEST')
    }
    expect(one.audits().length + two.audits().length - before).toBe(4)
    expect(summarize(await entriesOf(phone))).toEqual([
      'Safari on iPhone: signed-in-first',
      'Chrome on Windows: signed-in-first',
    ])
  })

  test('each thing that happened, once and in order, whichever server it happened on', async () => {
    const { email, laptop, phone, phoneId } = await person()
    await laptop.api.devices.revoke.mutate({ id: phoneId })
    await phone.signIn(email)
    await phone.api.devices.revokeOthers.mutate()
    await laptop.signIn(email)
    await laptop.post('/api/auth/sign-out', {})
    await laptop.signIn(email)
    // Redis revokes the session before the second call, which the first check let in.
    await phone.post('/trpc/devices.revokeAll,devices.revokeOthers?batch=1', {})
    const watcher = two.browser({ 'user-agent': CHROME })
    await watcher.signIn(email)

    const entries = await entriesOf(watcher)
    const seen = summarize(entries)
    const all = ['Safari on iPhone: signed-out', 'Chrome on Windows: revoked by Safari on iPhone']
    expect(seen[1]).toBe('Safari on iPhone: refused')
    expect(seen.slice(2, 4).toSorted()).toEqual(all.toSorted())
    expect([seen[0], ...seen.slice(4)]).toEqual([
      'Chrome on Windows: signed-in-first',
      'Chrome on Windows: signed-in',
      'Chrome on Windows: signed-out',
      'Chrome on Windows: signed-in',
      'Chrome on Windows: revoked by Safari on iPhone',
      'Safari on iPhone: signed-in',
      'Safari on iPhone: revoked by Chrome on Windows',
      'Safari on iPhone: signed-in-first',
      'Chrome on Windows: signed-in-first',
    ])
    expect(entries[0]).toEqual({
      id: expect.any(String),
      type: 'signed-in-first',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      device: {
        browser: 'Chrome',
        os: 'Windows',
        kind: 'desktop',
        name: null,
        ipAddress: '127.0.0.1',
        place: { kind: 'local' },
        isCurrent: true,
      },
      by: null,
      newName: null,
      signIn: { sessionId: expect.any(String), signs: ['new-browser'] },
      signInMethod: { kind: 'password' },
    })
    expect(entries.filter(({ device }) => device.isCurrent)).toHaveLength(1)
    expect(entries.map(({ at }) => at)).toEqual(
      entries
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    )
    await one.flush()
    await two.flush()
    expect(await entriesOf(watcher)).toEqual(entries)
  })

  test('a device by the name that it had then, each rename with both names, and whether it was seen for the first time', async () => {
    const { email, laptop, phone } = await person()
    const deviceId = (await phone.api.devices.list.query())[0]?.deviceId ?? ''
    await laptop.api.devices.rename.mutate({ id: deviceId, name: "Mum's iPad" })
    await phone.signIn(email)
    const rename = (name: string) => phone.api.devices.rename.mutate({ id: deviceId, name })
    await rename('Work')
    await rename('Work') // changes nothing
    await phone.post('/api/auth/sign-out', {})
    await phone.signIn(email)
    await rename('')
    const shown = (await entriesOf(laptop)).map(({ type, device, by, newName }) =>
      [
        device.name ?? name(device),
        type,
        ...(type === 'renamed' ? [newName] : []),
        ...(by ? [`by ${by.name ?? name(by)}`] : []),
      ].join(' '),
    )
    expect(shown).toEqual([
      'Work renamed ',
      'Work signed-in',
      'Work signed-out',
      "Mum's iPad renamed Work",
      "Mum's iPad signed-in",
      "Safari on iPhone renamed Mum's iPad by Chrome on Windows",
      'Safari on iPhone signed-in-first',
      'Chrome on Windows signed-in-first',
    ])
  })

  test('a rename that the database refuses leaves neither a new name nor an event', async () => {
    const { laptop, phone } = await person()
    const { id } = await laptop.api.session.current.query()
    const deviceId = (await phone.api.devices.list.query())[0]?.deviceId ?? ''
    const { kysely } = one.database()
    await sql`alter table activity rename to activity_away`.execute(kysely)
    try {
      expect(await codeOf(laptop.api.devices.rename.mutate({ id: deviceId, name: 'Work' }))).toBe(
        'INTERNAL_SERVER_ERROR',
      )
      expect(await codeOf(laptop.api.account.changeName.mutate({ name: 'Ada King' }))).toBe('INTERNAL_SERVER_ERROR')
    } finally {
      await sql`alter table activity_away rename to activity`.execute(kysely)
    }
    expect((await laptop.api.devices.list.query()).map(({ name: called }) => called)).toEqual([null, null])
    expect((await entriesOf(laptop)).filter(({ type }) => type === 'renamed')).toEqual([])
    await laptop.api.devices.rename.mutate({ id: deviceId, name: 'Work' })
    expect(await entriesOf(laptop)).toContainEqual(
      expect.objectContaining({ type: 'renamed', newName: 'Work', by: expect.objectContaining({ isCurrent: true }) }),
    )
    expect(await laptop.api.session.current.query()).toMatchObject({ id, user: { name: 'Ada' } })
    await laptop.api.account.changeName.mutate({ name: 'Ada King' })
    expect(summarize(await entriesOf(laptop))[0]).toBe('Chrome on Windows: name-changed')
    expect((await phone.api.session.current.query()).user.name).toBe('Ada King')
  })

  test('a password that was changed, and one that was reset, by whom', async () => {
    const { email, laptop } = await person()
    const newPassword = 'a new password, and a better one'
    await laptop.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword })
    expect(summarize(await entriesOf(laptop)).slice(0, 2)).toEqual([
      'Chrome on Windows: password-changed',
      'Safari on iPhone: revoked by Chrome on Windows',
    ])
    const thief = two.browser({ 'user-agent': SAFARI })
    await thief.post('/api/auth/request-password-reset', { email })
    expect(
      (await thief.post('/api/auth/reset-password', { newPassword: PASSWORD, token: await resetTokenFor(email) }))
        .status,
    ).toBe(200)
    await laptop.signIn(email)
    const entries = await entriesOf(laptop)
    expect(summarize(entries).slice(0, 3)).toEqual([
      'Chrome on Windows: signed-in',
      'Safari on iPhone: password-reset',
      'Chrome on Windows: credentials-changed',
    ])
    expect(entries[1]?.device.ipAddress).toBe('127.0.0.1')
  })

  test('a session that expired, with its deadline for a time', async () => {
    const device = await signUpDevice(one)
    const { expiresAt } = await device.api.session.current.query()
    try {
      one.clock.ahead = Date.parse(expiresAt) - Date.now() + 60_000
      await device.signIn(device.email)
      const entries = await entriesOf(device)
      expect(entries.filter(({ type }) => type === 'expired')).toMatchObject([{ at: expiresAt }])
      expect(entries).toHaveLength(3)
    } finally {
      one.clock.ahead = 0
    }
  })

  test('nothing of anybody else', async () => {
    const { laptop } = await person()
    const stranger = await signUpDevice(two)
    expect(summarize(await entriesOf(stranger))).toHaveLength(1)
    const { entries } = await laptop.api.activity.list.query()
    const cursor = { at: Date.now() + 1_000, id: entries[0]?.id ?? '' }
    expect((await stranger.api.activity.list.query({ cursor })).entries).toHaveLength(1)
  })

  test.each([
    { at: -1, id: '000000000000001-000000' },
    { at: 1, id: 'x' },
    { at: 1.5, id: '000000000000001-000000' },
    'text',
    7,
  ])('a cursor such as %j is refused', async (cursor) => {
    const device = await signUpDevice(one)
    const response = await device.request(`/trpc/activity.list?input=${encodeURIComponent(JSON.stringify({ cursor }))}`)
    expect(response.status).toBe(400)
  })
})

test('pages neither overlap nor leave anything out while more happens', async () => {
  const device = await signUpDevice(one)
  for (let n = 0; n < 15; n += 1) await Promise.all(Array.from({ length: 4 }, () => two.browser().signIn(device.email)))
  const before = (await entriesOf(device)).map(({ id }) => id)
  expect(before).toHaveLength(61)

  const first = await device.api.activity.list.query({})
  const paged = first.entries.map(({ id }) => id)
  for (let cursor = first.nextCursor; cursor !== null;) {
    await two.browser().signIn(device.email)
    const page = await device.api.activity.list.query({ cursor })
    paged.push(...page.entries.map(({ id }) => id))
    cursor = page.nextCursor
  }
  expect(paged).toEqual(before)
})

test('after ACTIVITY_DAYS an event is neither shown nor kept', async () => {
  const day = 24 * 60 * 60 * 1_000
  await using server = await startServer({ redis, env: { DATA_DIR: dataDir, ACTIVITY_DAYS: '2' } })
  const device = await signUpDevice(server)
  expect(await entriesOf(device)).toHaveLength(1)
  server.clock.ahead = 2 * day + 60_000
  expect(await entriesOf(device)).toEqual([])
})

describe('without the database', () => {
  test('a revocation is answered at once, and its event appears once the database is back', async () => {
    const { laptop, phone, phoneId } = await person()
    await one.flush()
    await two.flush()
    const { DATABASE_URL: url } = await databaseOf(dataDir)
    const other = openDatabase({ url, dataDir })
    let release = (): void => undefined
    let locked = (): void => undefined
    const isLocked = new Promise<void>((resolve) => (locked = resolve))
    const transaction = other.kysely.transaction().execute(async (trx) => {
      if (url !== undefined) await sql`lock table activity in access exclusive mode`.execute(trx)
      locked()
      await new Promise<void>((resolve) => (release = resolve))
    })
    await isLocked // for SQLite, which has one writer, that is done by the transaction itself
    const failure = { level: 'error', msg: 'Activity cannot be written down; its events wait in Redis' }
    expect(await laptop.api.devices.revoke.mutate({ id: phoneId })).toEqual({ revoked: 1 })
    expect(one.lines()).not.toContainEqual(expect.objectContaining(failure)) // the answer waits for no database
    expect(await codeOf(phone.api.devices.list.query())).toBe('UNAUTHORIZED')
    expect(await codeOf(laptop.api.activity.list.query())).toBe('SERVICE_UNAVAILABLE')
    release()
    await transaction
    await other.close()
    await one.flush() // by itself
    expect(summarize(await entriesOf(laptop))[0]).toBe('Safari on iPhone: revoked by Chrome on Windows')
    expect(one.lines()).toContainEqual(expect.objectContaining(failure))
  })
})

async function resetTokenFor(email: string): Promise<string> {
  for (;;) {
    const files = await readdir(two.outbox ?? '').catch(() => [])
    for (const file of files.filter((name) => name.endsWith('.eml'))) {
      const mail = await readFile(join(two.outbox ?? '', file), 'utf8')
      const token = /reset-password\?token=(?:3D)?([\w-]+)/.exec(mail.replaceAll('=\r\n', ''))?.[1] // a long line is broken there
      if (mail.includes(email) && token !== undefined) return token
    }
    await pause(10)
  }
}
