import type { AuthContext } from '@better-auth/core'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { createSessionExport, type ExportedSession, type SessionExportOptions } from '@rollcall/session-store'
import { applicationData, type SessionRow } from '../sessions/session-row.js'
import { EXPORTED_SESSIONS, exportedSessions } from './exported-sessions.js'
import { exportedToken } from './exported-token.js'

export { exportedSessions }

export interface ExportOptions extends SessionExportOptions {
  /** Called after each batch with the counts so far. */
  readonly onProgress?: (counts: ExportCounts) => void
}

export interface ExportCounts {
  /** Sessions that are now in better-auth's table. */
  readonly exported: number
  /** Sessions whose user is not in the database. They signed nobody in. */
  readonly withoutUser: number
  /** Sessions that a server revoked meanwhile. They are in neither place. */
  readonly revoked: number
}

export interface ExportResult extends ExportCounts {
  /** When the last session of the table expires without use: until then, keep the plugin `exportedSessions`. `null` for none. */
  readonly neededUntil: Date | null
}

/** The needed part of `betterAuth`'s result: its whole type differs with every set of options. */
interface BetterAuth {
  readonly $context: Promise<Context>
}

interface Context extends Pick<AuthContext, 'secret' | 'hasPlugin'> {
  readonly adapter: Rows & { transaction<T>(work: (sql: Rows) => Promise<T>): Promise<T> }
}

type Rows = Pick<DBTransactionAdapter, 'findMany' | 'create' | 'deleteMany'>

interface RowsOf extends Pick<Context, 'secret'> {
  readonly adapter: Rows
}

const model = 'session'

/**
 * Moves every live session from Redis into better-auth's table `session`, so that people stay signed in without `rollcall`. Stop
 * all servers first. You may kill it, and call it again; leave them stopped until it is done.
 *
 * @param auth The instance of better-auth without `rollcall`, with the plugin `exportedSessions()`.
 * @param options Those that the store was created with.
 * @throws {Error} for another list of plugins.
 *
 * @example
 * const auth = betterAuth({ database, plugins: [exportedSessions()] })
 * console.log(await exportSessions(auth, { redis }))
 */
export async function exportSessions(
  auth: BetterAuth,
  { onProgress, ...options }: ExportOptions,
): Promise<ExportResult> {
  const context = await auth.$context
  if (context.hasPlugin('rollcall') || !context.hasPlugin(EXPORTED_SESSIONS))
    throw new Error('Export sessions to better-auth without the plugin rollcall, and with exportedSessions()')
  const sessions = createSessionExport(options)
  let counts: ExportCounts = { exported: 0, withoutUser: 0, revoked: 0 }
  for await (const found of sessions.batches()) {
    // Again for those that a server has changed meanwhile.
    for (let batch = found; batch.length > 0;) {
      const written = await writeRows(context, batch)
      // Only now, so that a kill loses nothing: another try writes these rows again.
      const left = await sessions.remove(written)
      await deleteRows(context, [...left.keys()])
      const changed = [...left.values()].filter((session) => session !== null)
      counts = {
        exported: counts.exported + written.length - left.size,
        withoutUser: counts.withoutUser + batch.length - written.length,
        revoked: counts.revoked + left.size - changed.length,
      }
      batch = changed
    }
    onProgress?.(counts)
  }
  // Also of what another try has moved before it was killed.
  const sortBy = { field: 'expiresAt', direction: 'desc' } as const
  const [last] = await context.adapter.findMany<{ expiresAt: Date }>({ model, sortBy, limit: 1 })
  return { ...counts, neededUntil: last?.expiresAt ?? null }
}

/** Returns the sessions that have a row now. */
async function writeRows(context: Context, batch: readonly ExportedSession[]): Promise<ExportedSession[]> {
  const { adapter, secret } = context
  const ids = [...new Set(batch.map(({ userId }) => userId))]
  const where: Where[] = [{ field: 'id', operator: 'in', value: ids }]
  const users = await adapter.findMany<{ id: unknown }>({ model: 'user', where, limit: ids.length })
  const known = new Set(users.map(({ id }) => String(id)))
  const sessions = batch.filter(({ userId }) => known.has(userId))
  await adapter.transaction(async (sql) => {
    await deleteRows({ adapter: sql, secret }, sessions)
    for (const session of sessions) await sql.create({ model, data: toRow(session, secret) })
  })
  return sessions
}

async function deleteRows({ adapter, secret }: RowsOf, sessions: readonly ExportedSession[]): Promise<void> {
  if (sessions.length === 0) return
  const tokens = sessions.map(({ secretHash }) => exportedToken(secretHash, secret))
  await adapter.deleteMany({ model, where: [{ field: 'token', operator: 'in', value: tokens }] })
}

function toRow(session: ExportedSession, secret: string): SessionRow {
  const { secretHash, userId, createdAt, lastSeenAt, expiresAt, ipAddress, userAgent, data } = session
  return {
    ...applicationData(data),
    token: exportedToken(secretHash, secret),
    userId,
    createdAt,
    updatedAt: lastSeenAt,
    expiresAt,
    ipAddress: ipAddress ?? '', // as better-auth writes it
    userAgent: userAgent ?? '',
  }
}
