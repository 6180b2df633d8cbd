import { type Operation, type SessionAdmin, UnknownOperationError } from '@rollcall/admin'
import type { Kysely } from 'kysely'
import type { ActivityTable, OperationRow } from '../accounts/activity/activity-rows.js'

/**
 * Milliseconds. After so long, the process of work that is no operation of Redis is gone. A ban, or a change of a role, takes a few
 * steps of SQL and Redis. Each of them has a time limit.
 */
const LONGEST_WORK_MS = 60_000

/**
 * The state of a row, by what Redis knows of its operation. A row that says `running` may have lost its process, or SQL was away
 * when its operation ended. Redis knows only the revocation that is part of a ban, or of other work of a server.
 */
export function stateOf(
  { action, at, state }: Pick<OperationRow, 'action' | 'at' | 'state'>,
  operation: Operation | undefined,
  now: number,
): string {
  if (operation?.action === action) return operation.state
  const isOver = operation?.state !== 'running' && now - Number(at) > LONGEST_WORK_MS
  return state === 'running' && isOver ? 'interrupted' : state
}

/** Corrects the rows that say `running` although that is over. */
export async function correctRows(
  sql: Kysely<ActivityTable>,
  open: () => Promise<SessionAdmin>,
  now: number,
): Promise<void> {
  const rows = await sql.selectFrom('operation').selectAll().where('state', '=', 'running').execute()
  if (rows.length === 0) return
  const { operations } = await open()
  for (const row of rows) {
    const operation = await operations.get(row.id).catch((error: unknown) => {
      if (error instanceof UnknownOperationError) return undefined
      throw error
    })
    const state = stateOf(row, operation, now)
    if (state === 'running') continue
    const revoked = operation?.action === row.action ? operation.revoked : row.revoked
    // Its process may write a later state meanwhile.
    const isUnchanged = sql.updateTable('operation').where('id', '=', row.id).where('state', '=', 'running')
    await isUnchanged.set({ state, revoked }).execute()
  }
}
