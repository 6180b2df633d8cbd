import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { admin, bearer, multiSession } from 'better-auth/plugins'
import { sql } from 'kysely'
import { expect } from 'vitest'
import { exportedSessions, exportSessions } from '../src/export/export-sessions.js'
import { answer, type Browser } from './helpers.js'
import { DAY_MS, startMove } from './import-helpers.js'

// People move from the plugin to better-auth alone, on the same database and at the same address.

export const plugins: NonNullable<BetterAuthOptions['plugins']> = [multiSession(), bearer(), admin()]
const session: BetterAuthOptions['session'] = { additionalFields: { theme: { type: 'string', required: false } } }

export async function startExport() {
  const t = await startMove({ plugins, session })
  const away = betterAuth({ ...t.common, plugins: [...plugins, exportedSessions()] })

  function serve(auth: Parameters<typeof answer>[1]): void {
    t.http.removeAllListeners('request')
    answer(t.http, auth)
  }

  async function withSession(mine: Browser): Promise<Browser> {
    expect(await mine.session()).not.toBeNull()
    return mine
  }

  return {
    ...t,
    away,
    serve,
    async reset() {
      serve(t.auth)
      t.clock.offset = 0
      await t.redis.flushall()
      await sql`delete from "user"`.execute(t.database.kysely) // and their sessions
    },
    /** Stops the servers, exports, and starts better-auth without the plugin. */
    async moveAway() {
      const counts = await exportSessions(away, t.options)
      serve(away)
      return counts
    },
    async signUp(name: string, more: object = {}) {
      const mine = t.browser(`Browser of ${name}`)
      await mine.signUp(`${name}@example.org`, more)
      return withSession(mine)
    },
    async signInAgain(name: string) {
      const mine = t.browser(`Other browser of ${name}`)
      await mine.signIn(`${name}@example.org`)
      return withSession(mine)
    },
    rows: async () => t.oldAdapter.findMany<{ token: string; createdAt: Date; updatedAt: Date }>({ model: 'session' }),
    /** As if two days had passed: better-auth prolongs sessions once a day. */
    async makeProlongable() {
      const expiresAt = new Date(Date.now() + 5 * DAY_MS).toISOString()
      await sql`update "session" set "expiresAt" = ${expiresAt}`.execute(t.database.kysely)
    },
  }
}

/** Who better-auth says is there. */
export async function whoIs(mine: Browser): Promise<unknown> {
  const { body } = await mine.get('/get-session')
  return (body as { user: { email: string } } | null)?.user.email
}
