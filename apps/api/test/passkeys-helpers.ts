import type { Answer } from '@rollcall/dev-auth'
import { sql } from 'kysely'
import type { Browser, TestServer } from './helpers.js'

export interface Ceremonies {
  get(path: string): Promise<Answer>
  post(path: string, body?: object): Promise<Answer>
}

/** The browser as the ceremonies of a passkey use it. */
export function ceremonies(device: Browser): Ceremonies {
  const answer = async (response: Response): Promise<Answer> => {
    const text = await response.text()
    const setCookies = response.headers.getSetCookie()
    return { status: response.status, text, body: JSON.parse(text) as unknown, setCookies, headers: response.headers }
  }
  return {
    get: async (path: string) => answer(await device.request(`/api/auth${path}`)),
    post: async (path: string, body: object = {}) => answer(await device.post(`/api/auth${path}`, body)),
  }
}

/** The browser of somebody who meets an outage in the middle of a ceremony: after its challenge, and before the answer. */
export const failingAt = (device: Browser, begin: () => Promise<() => unknown>): Ceremonies => ({
  ...ceremonies(device),
  async post(path, body) {
    const end = await begin()
    try {
      return await ceremonies(device).post(path, body)
    } finally {
      await end()
    }
  },
})

/**
 * Each begins, and gives what ends it.
 *
 * @param table whose rows a full disk refuses
 */
export const outagesOf = (at: () => TestServer, table = 'passkey'): Record<string, () => Promise<() => unknown>> => ({
  'Redis hangs': async () => {
    process.kill(at().redis.pid, 'SIGSTOP')
    return () => process.kill(at().redis.pid, 'SIGCONT')
  },
  'the disk is full': async () => {
    const { kysely } = at().database()
    // The change itself grows no file, so it takes another row with it.
    await sql`create table filler (data blob)`.execute(kysely)
    for (const change of ['update', 'insert'])
      await sql`create trigger ${sql.raw(`full_at_${change}`)} before ${sql.raw(change)} on ${sql.table(table)}
        begin insert into filler values (randomblob(1000000)); end`.execute(kysely)
    await sql`pragma max_page_count = 1`.execute(kysely) // never less than there are
    return async () => {
      await sql`pragma max_page_count = 1000000`.execute(kysely)
      for (const change of ['update', 'insert']) await sql`drop trigger ${sql.raw(`full_at_${change}`)}`.execute(kysely)
      await sql`drop table filler`.execute(kysely)
    }
  },
})
