import { deviceOf } from '@rollcall/devices'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteExpiredDevices, isUnnotified, knownDeviceOf, recordNotified } from '../src/index.js'
import { type Browser, deleteAccounts, password, startApp } from './helpers.js'

// What the table of devices remembers of a browser, and for how long.

const DAY = 24 * 60 * 60 * 1_000
let t: Awaited<ReturnType<typeof startApp>>
let beforeSession = async (): Promise<unknown> => undefined
beforeAll(async () => {
  const databaseHooks = { session: { create: { before: () => beforeSession().then(() => undefined) } } }
  t = await startApp({ databaseHooks }, { onNewDevice: async () => undefined })
})
afterAll(() => t[Symbol.asyncDispose]())

const cookieName = 'better-auth.device'
const cookiesOf = ({ jar }: Browser) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
const deviceIn = async (browser: Browser) => {
  const session = await browser.session()
  return session && deviceOf(session)
}
const idOf = async (browser: Browser): Promise<string> => (await deviceIn(browser))?.id ?? ''
const rowOf = (deviceId: string) => [{ field: 'deviceId', value: deviceId }]
const change = (deviceId: string, update: Record<string, unknown>) =>
  t.adapter.update({ model: 'device', where: rowOf(deviceId), update })
const count = (userId: string) => t.adapter.count({ model: 'device', where: [{ field: 'userId', value: userId }] })
const add = (deviceId: string, userId: string, lastSeenAt: Date) =>
  t.adapter.create({ model: 'device', data: { deviceId, userId, createdAt: lastSeenAt, lastSeenAt } })

test('a browser is known to the accounts that it has signed in to since their passwords changed', async () => {
  const ask = async (browser: Browser, email: string) =>
    knownDeviceOf(await t.auth.$context, new Headers({ cookie: cookiesOf(browser) }), email)
  const { browser, email, userId } = await t.person('known')
  const other = await t.person('other')
  const id = await idOf(browser)
  expect(await ask(browser, email)).toBe(id)
  for (const [one, address] of [
    [t.browser(), email],
    [browser, other.email],
    [other.browser, email],
    [browser, 'nobody@example.org'],
  ] as const)
    expect(await ask(one, address)).toBeNull()
  const account = await t.adapter.findOne<{ updatedAt: Date }>({
    model: 'account',
    where: [{ field: 'userId', value: userId }],
  })
  const changedAt = account?.updatedAt ?? new Date(Number.NaN)
  await change(id, { lastSeenAt: new Date(changedAt.getTime() - 1) })
  expect(await ask(browser, email)).toBeNull()
  await change(id, { lastSeenAt: changedAt })
  await browser.post('/sign-out')
  expect(await ask(browser, email)).toBe(id)
  await deleteAccounts(t.database, userId)
  expect(await ask(browser, email)).toBeNull() // without a password, nothing says since when
  browser.jar.set(cookieName, `forged.${'A'.repeat(43)}=`)
  expect(await ask(browser, email)).toBeNull()
})

test.each([-60, 60])(
  'neither is wrong if the clock of this server is %d minutes behind that of Redis',
  async (minutes) => {
    t.clock.offset = minutes * 60_000
    const { browser, email, phones } = await t.person(`clock-${minutes}`, 1)
    const [phone = browser] = phones
    const ask = async () => knownDeviceOf(await t.auth.$context, new Headers({ cookie: cookiesOf(phone) }), email)
    expect(await ask()).toBe(await idOf(phone))
    t.clock.offset += 60_000
    const change = { currentPassword: password, newPassword: `${password}, once more` }
    expect((await browser.post('/change-password', change)).status).toBe(200)
    expect(await ask()).toBeNull()
    t.clock.offset = 0
  },
)

test('it stays known if the application calls another endpoint meanwhile', async () => {
  const { browser, email } = await t.person('calls')
  const id = await idOf(browser)
  beforeSession = () => t.auth.api.getSession({ headers: new Headers() })
  await browser.signIn(email)
  beforeSession = async () => undefined
  expect(await idOf(browser)).toBe(id)
})

test('its cookie lives for 400 days, is renewed at a sign-in, and is not given for less', async () => {
  const { browser, email } = await t.person('cookie')
  const given = browser.jar.get(cookieName)
  const lines = async (answer: ReturnType<Browser['get']>) =>
    (await answer).setCookies.filter((line) => line.startsWith(`${cookieName}=`))
  expect(await lines(browser.signIn(email))).toEqual([expect.stringMatching(/Max-Age=34560000; Path=\/; HttpOnly/)])
  expect(browser.jar.get(cookieName)).toBe(given)
  for (const answer of [browser.get('/get-session'), browser.signIn(email, 'wrong password')])
    expect(await lines(answer)).toEqual([])
  expect(given).not.toContain((await browser.token())?.slice(-43))
})

test('another cookie under its name is no device, and a sign-in of the server itself has none', async () => {
  const { browser, email, userId } = await t.person('renamed')
  const id = await idOf(browser)
  browser.jar.set(cookieName, browser.jar.get('better-auth.session_token') ?? '')
  await browser.post('/sign-out')
  await browser.signIn(email)
  expect(browser.jar.get(cookieName)).toMatch(/^[\w-]{22}\./)
  expect(await idOf(browser)).not.toBe(id)
  await t.auth.api.signInEmail({ body: { email, password } })
  const devices = (await t.store.list(userId)).map((session) => deviceOf(session)?.id)
  expect(devices).toHaveLength(2)
  expect(devices).toContain(undefined)
})

test('a session says whether its device is new, and what its person calls it', async () => {
  const { browser, email } = await t.person('named')
  const id = await idOf(browser)
  expect(await deviceIn(browser)).toEqual({ id, name: null, isNew: true })
  await change(id, { name: 'My laptop' })
  await browser.post('/sign-out')
  await browser.signIn(email)
  expect(await deviceIn(browser)).toEqual({ id, name: 'My laptop', isNew: false })
  const { kysely } = t.database
  await sql`alter table device rename to gone`.execute(kysely)
  try {
    await browser.post('/sign-out')
    expect((await browser.signIn(email)).status).toBe(200)
  } finally {
    await sql`alter table gone rename to device`.execute(kysely)
  }
  expect(await deviceIn(browser)).toEqual({ id, name: null, isNew: false }) // nobody knows whether it is
})

test('a device that nobody signed in from for 400 days is deleted', async () => {
  const now = new Date()
  const forgotten = new Date(now.getTime() - 400 * DAY)
  const { userId } = await t.person('tidy')
  await add('exact'.padEnd(22, '-'), userId, forgotten)
  await add('older'.padEnd(22, '-'), userId, new Date(forgotten.getTime() - 1))
  await deleteExpiredDevices(t.adapter, now)
  expect(await count(userId)).toBe(2)
  expect(await t.adapter.findOne({ model: 'device', where: rowOf('older'.padEnd(22, '-')) })).toBeNull()
})

test('the first sign-in from a new browser deletes those of that user alone', async () => {
  const [ada, bob] = [await t.person('ada'), await t.person('bob')]
  for (const [name, { userId }] of [['of-ada', ada] as const, ['of-bob', bob] as const]) {
    await add(name.padEnd(22, '-'), userId, new Date(Date.now() - 401 * DAY))
    await add(`${name}-kept`.padEnd(22, '-'), userId, new Date(Date.now() - 399 * DAY))
  }
  await t.browser().signIn(ada.email)
  expect([await count(ada.userId), await count(bob.userId)]).toEqual([3, 3])
})

test('whether the user was notified of it is recorded', async () => {
  const { browser } = await t.person('notified')
  const id = await idOf(browser)
  expect(await isUnnotified(t.adapter, id)).toBe(false)
  await change(id, { unnotifiedSince: new Date() })
  expect(await isUnnotified(t.adapter, id)).toBe(true)
  await recordNotified(t.adapter, id)
  expect(await isUnnotified(t.adapter, id)).toBe(false)
  expect(await isUnnotified(t.adapter, 'unknown')).toBe(false)
})

test('its table', async () => {
  const { kysely } = t.database
  const columns = await sql`select name, type, "notnull" from pragma_table_info('device') where pk = 0`.execute(kysely)
  expect(columns.rows.map((row) => Object.values(row as object).join(' '))).toEqual([
    'deviceId TEXT 1',
    'userId TEXT 1',
    'name TEXT 0',
    'createdAt date 1',
    'lastSeenAt date 1',
    'unnotifiedSince date 0',
  ])
  const indexes = await sql<{ column: string; unique: number }>`
    select info.name as column, list."unique" from pragma_index_list('device') list, pragma_index_info(list.name) info
    where list.origin <> 'pk' order by info.name`.execute(kysely)
  expect(indexes.rows).toEqual([
    { column: 'deviceId', unique: 1 },
    { column: 'userId', unique: 0 },
  ])
  const keys = await sql`select "table", "to", on_delete from pragma_foreign_key_list('device')`.execute(kysely)
  expect(keys.rows).toEqual([{ table: 'user', to: 'id', on_delete: 'CASCADE' }])
})
