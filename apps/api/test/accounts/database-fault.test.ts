import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { type PrivatePostgres, databaseOn, postgresBinaries, startPostgres } from '@rollcall/dev-postgres'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseFault } from '../../src/accounts/database/database-fault.js'
import { openDatabase } from '../../src/accounts/database/database.js'
import { isWithoutAnswer } from '../../src/errors.js'
import { startServer } from '../helpers.js'

const PASSWORD = 'hunter2'

let redis: PrivateRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

async function failureOf(env: NodeJS.ProcessEnv): Promise<Error> {
  const failure = await startServer({ redis, env }).then(
    async (server) => server.close().then(() => new Error('it started')),
    (error: unknown) => error as Error,
  )
  expect(failure.name).toBe('StartError')
  expect(failure.message).not.toMatch(/hunter2|hunter%32|\n/)
  return failure
}

/** The error of the start. */
const faultOf = async (env: NodeJS.ProcessEnv): Promise<string> => (await failureOf(env)).message

describe.runIf(postgresBinaries !== null)('a start without a usable PostgreSQL says why', () => {
  let postgres: PrivatePostgres
  let url: string
  /** The address of that server for another user, password or database. */
  const as = (user: string, password: string, database?: string) => {
    const address = new URL(url)
    address.username = user
    address.password = password
    if (database !== undefined) address.pathname = `/${database}`
    return address.href
  }
  beforeAll(async () => {
    postgres = await startPostgres()
    url = await databaseOn(postgres.url, 'accounts')
    const { kysely, close } = openDatabase({ url, dataDir: tmpdir() })
    await sql.raw(`create role limited login password '${PASSWORD}'`).execute(kysely)
    await sql.raw('revoke create on schema public from public').execute(kysely)
    const access = join(new URL(url).searchParams.get('host') ?? '', 'data', 'pg_hba.conf')
    await writeFile(
      access,
      `local all limited scram-sha-256\nlocal all stranger reject\n${await readFile(access, 'utf8')}`,
    )
    await sql`select pg_reload_conf()`.execute(kysely)
    await close()
  }, 60_000)
  afterAll(() => postgres[Symbol.asyncDispose]())

  test('the password is wrong', async () => {
    // A reload of the access rules takes effect a moment after it was asked for.
    await expect
      .poll(() => faultOf({ DATABASE_URL: as('limited', 'hunter2-not') }))
      .toMatch(/see DATABASE_URL \(the password is wrong: .*28P01\)$/)
  })
  test('no password is set', async () => {
    expect(await faultOf({ DATABASE_URL: as('limited', '') })).toMatch(/\(it asks for a password, and none is set/)
  })
  test('the user may not connect', async () => {
    expect(await faultOf({ DATABASE_URL: as('stranger', PASSWORD) })).toMatch(
      /\(this user may not connect from here: .*28000\)$/,
    )
  })
  test('the database does not exist', async () => {
    expect(await faultOf({ DATABASE_URL: as('rollcall', PASSWORD, 'nowhere') })).toMatch(
      /\(the database does not exist: .*"nowhere".*3D000\)$/,
    )
  })
  test('which is a refusal, and no silence', async () => {
    const refused = [as('stranger', PASSWORD), as('rollcall', PASSWORD, 'nowhere'), as('limited', PASSWORD)]
    for (const DATABASE_URL of refused) expect(isWithoutAnswer(await failureOf({ DATABASE_URL }))).toBe(false)
    const DATABASE_URL = 'postgres://rollcall@127.0.0.1:1/accounts'
    expect(isWithoutAnswer(await failureOf({ DATABASE_URL }))).toBe(true)
  })
  test('the user may not create tables', async () => {
    expect(await faultOf({ DATABASE_URL: as('limited', PASSWORD) })).toMatch(
      /\(this user may not create tables there: .*42501\)$/,
    )
  })
})

describe('a start that reaches no PostgreSQL says why', () => {
  test('the host is unknown', async () => {
    expect(await faultOf({ DATABASE_URL: `postgres://rollcall:${PASSWORD}@nowhere.invalid/accounts` })).toMatch(
      /\(the (?:host is unknown|name of the host cannot be looked up): /,
    )
  })
  test('nothing listens there', async () => {
    expect(await faultOf({ DATABASE_URL: `postgres://rollcall:${PASSWORD}@127.0.0.1:1/accounts` })).toMatch(
      /\(nothing listens at this host and port: .*ECONNREFUSED\)$/,
    )
  })

  /** Answers the question for TLS like a PostgreSQL, and then does what `then` does. */
  async function startListener(answer: string, then: (socket: Socket) => void) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write(answer)
        then(socket)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void server.close() } // of a TCP server
  }
  const address = (port: number) => ({
    DATABASE_URL: `postgres://rollcall:${PASSWORD}@127.0.0.1:${port}/accounts?sslmode=verify-full`,
  })

  test('its certificate is not trusted', async () => {
    const pem = (name: string) => readFileSync(new URL(`../certificate/${name}.pem`, import.meta.url))
    await using listener = await startListener('S', (socket) => {
      new TLSSocket(socket, { isServer: true, cert: pem('certificate'), key: pem('key') }).on('error', () => undefined)
    })
    expect(await faultOf(address(listener.port))).toMatch(/\(its certificate is not trusted: /)
  })
  test('it offers no TLS', async () => {
    await using listener = await startListener('N', (socket) => socket.end())
    expect(await faultOf(address(listener.port))).toMatch(/\(it offers no TLS: /)
  })
  test('it does not answer', async () => {
    await using listener = await startListener('', () => undefined)
    expect(await faultOf(address(listener.port))).toMatch(/\(the host does not answer: /)
  })
})

test('a file that is no SQLite database is named as one', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-fault-'))
  await writeFile(join(dataDir, 'rollcall.sqlite'), randomBytes(8_192))
  expect(await faultOf({ DATA_DIR: dataDir, DATABASE_URL: '' })).toMatch(
    /see DATA_DIR \(the file is no SQLite database: /,
  )
  expect(await faultOf({ DATA_DIR: join(dataDir, 'rollcall.sqlite'), DATABASE_URL: '' })).toMatch(
    /see DATA_DIR \(DATA_DIR is no folder: /,
  )
  await rm(dataDir, { recursive: true })
})

test('the password stays out even of a message that quotes it', () => {
  const url = 'postgres://rollcall:hunter%32@db/accounts'
  expect(databaseFault(new Error(`cannot connect to ${url} with hunter2`), url)).toBe(
    'cannot connect to postgres://rollcall:***@db/accounts with ***',
  )
})
