import { type SessionAdmin, UnknownOperationError } from '@rollcall/admin'
import type { Kysely } from 'kysely'
import type { ActivityTable } from '../accounts/activity/activity-rows.js'

/**
 * Corrects the rows of operations that say `running` although Redis knows better: a process was killed, or SQL was away when its
 * operation ended. The row of a ban, or of another action of a server, stays: Redis knows only the revocation that is part of it.
 */
export async function correctRows(sql: Kysely<ActivityTable>, open: () => Promise<SessionAdmin>): Promise<void> {
  const rows = await sql.selectFrom('operation').select(['id', 'action']).where('state', '=', 'running').execute()
  if (rows.length === 0) return
  const { operations } = await open()
  for (const { id, action } of rows) {
    const operation = await operations.get(id).catch((error: unknown) => {
      if (error instanceof UnknownOperationError) return null
      throw error
    })
    if (operation?.action !== action || operation.state === 'running') continue
    const { state, revoked } = operation
    // Its process may write a later state meanwhile.
    const isUnchanged = sql.updateTable('operation').where('id', '=', id).where('state', '=', 'running')
    await isUnchanged.set({ state, revoked }).execute()
  }
}
