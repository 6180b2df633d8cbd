import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOperatorLog, readSettings } from '@rollcall/api/operator'
import { openServices } from '@rollcall/api/services'
import { startRedis } from '@rollcall/dev-redis'

const baseUrl = 'http://localhost:3000'

export type Services = Awaited<ReturnType<typeof openServices>>

/** A Redis and a folder for SQL, for the commands that change accounts. */
export async function startAccounts() {
  const redis = await startRedis()
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-cli-'))
  const env = { REDIS_URL: redis.url, KEY_PREFIX: 'shop:', DATA_DIR: folder, PLACES: 'off' }

  /** The services of a server on the same Redis and SQL, without its port. */
  async function withServices<T>(work: (services: Services) => Promise<T>): Promise<T> {
    const closing: (() => Promise<unknown>)[] = []
    const settings = readSettings({ ...env, BASE_URL: baseUrl })
    const log = createOperatorLog()
    log.level = 'silent'
    const services = await openServices({ settings, log }, baseUrl, (close) => closing.push(close))
    try {
      return await work(services)
    } finally {
      for (const close of closing.toReversed()) await close()
    }
  }

  return {
    folder,
    env,
    withServices,
    async [Symbol.asyncDispose]() {
      await redis.stop()
      await rm(folder, { recursive: true })
    },
  }
}

export async function post({ auth }: Services, path: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json', origin: baseUrl }
  const request = new Request(`${baseUrl}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await auth.handler(request)).status
}

/** The keys of the mails that wait. */
export async function waitingMails({ database }: Services): Promise<string[]> {
  const mails = database.kysely.withTables<{ mail: { key: string } }>()
  return (await mails.selectFrom('mail').select('key').execute()).map(({ key }) => key)
}
