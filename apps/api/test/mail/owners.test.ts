import { createPasskey } from '@rollcall/dev-auth'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/accounts/database/database.js'
import { codeOf, turnOn } from '../authenticator.js'
import { failCommand } from '../fail-command.js'
import { type Browser, PASSWORD, signUpDevice, startServer, type TestServer } from '../helpers.js'
import { ceremonies } from '../passkeys-helpers.js'
import { temporaryFolder } from '../temporary-folder.js'
import { rowsOf } from './queue-helpers.js'

test('the owner is notified of each new password, and of no other one, at whichever command Redis fails', async () => {
  await using server = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } })
  const seen = new Set<string>()
  for (let n = 1; ; n += 1) {
    const { api, email, post } = await signUpDevice(server)
    const { id } = (await api.session.current.query()).user
    const failing = failCommand(n, 'never sent')
    const passwords = { currentPassword: PASSWORD, newPassword: 'another good password' }
    const { status } = await post('/api/auth/change-password', passwords)
    failing[Symbol.dispose]()
    const signIn = { email, password: passwords.newPassword }
    const isChanged = (await server.browser().post('/api/auth/sign-in/email', signIn)).status === 200
    const notices = async () =>
      (await rowsOf(server, 'mail')).filter(({ key }) => String(key).startsWith(`password-changed:${id}`)).length
    await expect.poll(notices, { message: `${n}: ${status}` }).toBe(isChanged ? 1 : 0)
    seen.add(`${status}, ${isChanged ? 'changed' : 'not changed'}`)
    if (!failing.reached()) break
  }
  expect([...seen].toSorted()).toEqual(['200, changed', '503, changed', '503, not changed'])
})

type Step = (device: Browser, baseUrl: string, passkey?: string) => Promise<{ readonly status: number }>
const add: Step = (device, baseUrl) => createPasskey(baseUrl).register(ceremonies(device))
const remove: Step = (device, _baseUrl, id) => device.post('/api/auth/passkey/remove', { id })

test.each([
  ['added', add],
  ['removed', remove],
])(
  'the owner is notified of each passkey that is %s, and of no other one, at whichever command Redis fails',
  async (change, step) => {
    await using server = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } })
    const seen = new Set<string>()
    for (let n = 1; ; n += 1) {
      const device = await signUpDevice(server)
      const { id } = (await device.api.session.current.query()).user
      if (change === 'removed') await add(device, server.baseUrl)
      const passkeys = async () => (await rowsOf(server, 'passkey')).filter(({ userId }) => userId === id)
      const before = await passkeys()
      const failing = failCommand(n, 'never sent')
      const { status } = await step(device, server.baseUrl, before.map((row) => String(row['id']))[0])
      failing[Symbol.dispose]()
      const isChanged = (await passkeys()).length !== before.length
      const notices = async () =>
        (await rowsOf(server, 'mail')).filter(
          ({ key, payload }) =>
            String(key).startsWith(`passkey-changed:${id}`) && String(payload).includes(`"${change}"`),
        ).length
      await expect.poll(notices, { message: `${n}: ${status}` }).toBe(isChanged ? 1 : 0)
      seen.add(`${status}, ${isChanged ? 'changed' : 'not changed'}`)
      if (!failing.reached()) break
    }
    expect([...seen].toSorted()).toEqual(['200, changed', '503, changed', '503, not changed'])
  },
)

/** Before each script that Redis is sent, the work looks first. A kill at that moment would leave what it sees. */
function lookBeforeScripts(look: () => Promise<void>): Disposable {
  const original = Redis.prototype.sendCommand
  Redis.prototype.sendCommand = function sendCommand(command, stream) {
    if (command.name !== 'evalsha') return original.call(this, command, stream)
    look().then(() => original.call(this, command, stream), command.reject)
    return command.promise
  }
  return {
    [Symbol.dispose]() {
      Redis.prototype.sendCommand = original
    },
  }
}

test('whenever a server is killed, the notice is in the queue if the change is made', async () => {
  await using folder = await temporaryFolder('notices')
  const env = { SMTP_URL: 'smtp://127.0.0.1:1', DATA_DIR: folder.path, DATABASE_URL: '' }
  await using server = await startServer({ env })
  const device = await signUpDevice(server)
  const { id } = (await device.api.session.current.query()).user
  expect((await add(device, server.baseUrl)).status).toBe(200)
  const file = openDatabase({ dataDir: folder.path }) // as another process sees it
  const count = async (table: string, kind: RegExp) =>
    (await rowsOf({ database: () => file }, table)).filter((row) => kind.test(JSON.stringify(row))).length
  const seen: string[] = []
  try {
    await sql`delete from mail`.execute(file.kysely)
    const [passkey] = await rowsOf({ database: () => file }, 'passkey')
    const look = async () => {
      const [passkeys, notices] = [await count('passkey', new RegExp(id)), await count('mail', /removed/)]
      seen.push(`${passkeys} passkeys, ${notices} notices`)
    }
    using _looks = lookBeforeScripts(look)
    expect((await remove(device, server.baseUrl, String(passkey?.['id']))).status).toBe(200)
    await look()
  } finally {
    await file.close()
  }
  expect([...new Set(seen)]).toEqual(['1 passkeys, 0 notices', '0 passkeys, 1 notices'])
  expect(seen.lastIndexOf('0 passkeys, 1 notices') - seen.indexOf('0 passkeys, 1 notices')).toBeGreaterThan(0) // work was left
})

describe('a change and its notice are one transaction: if the database refuses the notice, there is no change', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const factor = (device: Browser, action: string, body: object = { password: PASSWORD }) =>
    device.post(`/api/auth/two-factor/${action}`, body)
  const passkeysOf = (id: string) => async () =>
    (await rowsOf(server, 'passkey')).filter(({ userId }) => userId === id).map((row) => row['id'])
  const passwordOf = (id: string) => async () =>
    (await rowsOf(server, 'account')).find(({ userId }) => userId === id)?.['password']
  const codesOf = (id: string) => async () =>
    (await rowsOf(server, 'twoFactor')).find(({ userId }) => userId === id)?.['backupCodes']
  const isOn = (of: string) => async () =>
    (await rowsOf(server, 'user')).find(({ id }) => id === of)?.['twoFactorEnabled']

  interface Case {
    readonly kind: string
    prepare?(device: Browser): Promise<unknown>
    change(device: Browser, prepared: unknown): Promise<{ readonly status: number }>
    /** What the change changes. */
    readonly state: (userId: string) => () => Promise<unknown>
  }
  const cases: Readonly<Record<string, Case>> = {
    'password changed': {
      kind: 'password-changed',
      change: (device) =>
        device.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: 'another good password' }),
      state: passwordOf,
    },
    'passkey added': {
      kind: 'passkey-changed',
      change: (device) => add(device, server.baseUrl),
      state: passkeysOf,
    },
    'passkey removed': {
      kind: 'passkey-changed',
      prepare: async (device) => {
        await add(device, server.baseUrl)
        return (await rowsOf(server, 'passkey')).at(-1)?.['id']
      },
      change: (device, id) => device.post('/api/auth/passkey/remove', { id }),
      state: passkeysOf,
    },
    'second factor turned on': {
      kind: 'second-factor-changed',
      prepare: async (device) => ((await (await factor(device, 'enable')).json()) as { totpURI: string }).totpURI,
      change: (device, totpURI) => factor(device, 'verify-totp', { code: codeOf(String(totpURI)) }),
      state: isOn,
    },
    'second factor turned off': {
      kind: 'second-factor-changed',
      prepare: turnOn,
      change: (device) => factor(device, 'disable'),
      state: isOn,
    },
    'backup codes renewed': {
      kind: 'second-factor-changed',
      prepare: turnOn,
      change: (device) => factor(device, 'generate-backup-codes'),
      state: codesOf,
    },
  }

  test.each(Object.entries(cases))('%s', async (_, { kind, prepare, change, state }) => {
    const device = await signUpDevice(server)
    const { id } = (await device.api.session.current.query()).user
    const now = state(id)
    const prepared = await prepare?.(device)
    const { kysely } = server.database()
    await sql`delete from mail`.execute(kysely)
    await sql`create trigger refuse before insert on mail begin select raise(abort, 'no more mails'); end`.execute(
      kysely,
    )
    const before = await now()
    const { status } = await change(device, prepared)
    await sql`drop trigger refuse`.execute(kysely)
    expect(status).toBeGreaterThanOrEqual(500)
    expect(await now()).toEqual(before)
    expect((await change(device, prepared)).status).toBe(200)
    expect(await now()).not.toEqual(before)
    const notices = (await rowsOf(server, 'mail')).filter(({ key }) => String(key).startsWith(`${kind}:${id}`))
    expect(notices).toHaveLength(1)
  })
})
