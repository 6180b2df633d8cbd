import { type Filter, newOperationId, type Operation, type OperationFilter } from '@rollcall/admin'
import type { Kysely } from 'kysely'
import {
  type ActivityEvent,
  activityPatterns,
  type ActivityTable,
  type EverybodySignedOut,
  fromRow,
  type OperationAction,
  type OperationRow,
  toRow,
} from './activity-rows.js'

/** No id of an event of Redis ends like this. */
const LAST_OF_MILLISECOND = '999999'

/**
 * Stores an operation, or what has become of it. The row of a ban, or of another action of a server, stays when its revocation
 * alone is resumed.
 */
export async function recordOperation(sql: Kysely<ActivityTable>, row: OperationRow): Promise<void> {
  await sql
    .insertInto('operation')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ state: row.state, revoked: row.revoked })
        .where('operation.action', '=', row.action),
    )
    .execute()
}

/** The row of an operation that revokes sessions. */
export function operationRow(operation: Operation, action: string): OperationRow {
  const { id, startedAt, filter, reason, note, startedBy, state, revoked } = operation
  return {
    id,
    at: startedAt.getTime(),
    action,
    filter: toText(filter),
    reason,
    note,
    started_by: startedBy,
    state,
    revoked,
  }
}

/** Empty for everybody. */
const toText = (filter: OperationFilter | null): string => (filter === null ? '' : JSON.stringify(filter))

/**
 * Does work that is no operation of Redis, between two writes of its row. It is on record, even if it fails.
 *
 * @throws what the database or the work fails with. The row says `failed` then, or `running` if the database failed.
 */
export async function recordWork(
  sql: Kysely<ActivityTable>,
  { at, action, filter, startedBy }: Work,
  work: () => Promise<unknown>,
): Promise<void> {
  const what = { action, filter: toText(filter), reason: '', note: '', revoked: 0 }
  const row = { id: newOperationId(at), at: at.getTime(), started_by: startedBy, ...what }
  const save = (state: Operation['state']) => recordOperation(sql, { ...row, state })
  await save('running')
  try {
    await work()
  } catch (error) {
    await save('failed').catch(() => undefined)
    throw error
  }
  await save('done')
}

export interface Work {
  readonly at: Date
  readonly action: OperationAction
  /** Whom it is about. */
  readonly filter: Filter
  readonly startedBy: string
}

/** The newest first. */
export function listOperationRows(sql: Kysely<ActivityTable>, limit: number): Promise<OperationRow[]> {
  return sql.selectFrom('operation').selectAll().orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute()
}

const MAX_REMEMBERED = 10_000
/** Events of one user that are looked through. If all of them are of other sessions, an older one is not found. */
const MAX_ROWS = 1_000
const ofSessions = [...activityPatterns['sign-ins'], ...activityPatterns['sign-outs']]

/**
 * Writes the operations on everybody into the activity of a user, if the user had a session then. An operation appends no event
 * per person, because there may be millions. So each activity receives its row when somebody reads it.
 */
export function createOperationRecorder(sql: Kysely<ActivityTable>) {
  /** Users with an operation that their activity has been searched for: that takes all of it, at each reading. */
  const searched = new Set<string>()
  return async (userTag: string, since: number): Promise<void> => {
    for (const row of await operationsOnEverybody(sql, since)) {
      const key = `${userTag} ${row.id}`
      if (searched.has(key)) continue
      await recordInActivity(sql, userTag, eventOf(row))
      if (searched.size >= MAX_REMEMBERED) searched.clear()
      searched.add(key)
    }
  }
}

/**
 * Only those that are done: before, it is unknown whom they have reached. A required password reset of everybody appends events of
 * its own for each user.
 */
function operationsOnEverybody(sql: Kysely<ActivityTable>, since: number): Promise<OperationRow[]> {
  const revocations = sql.selectFrom('operation').selectAll().where('action', '=', 'revoke').where('state', '=', 'done')
  return revocations.where('filter', '=', '').where('at', '>=', since).execute()
}

/** The activity holds all that happened to the user before now. */
async function recordInActivity(sql: Kysely<ActivityTable>, userTag: string, event: EverybodySignedOut): Promise<void> {
  const known = sql.selectFrom('activity').where('user_tag', '=', userTag).where('at', '<=', event.at.getTime())
  if ((await known.select('id').where('id', '=', event.id).executeTakeFirst()) !== undefined) return
  const latest = await known
    .selectAll()
    .where(({ eb, or }) => or(ofSessions.map((pattern) => eb('event', 'like', pattern))))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(MAX_ROWS)
    .execute()
  if (!hasOpenSession(latest.flatMap(fromRow))) return
  await sql
    .insertInto('activity')
    .values(toRow(userTag, event))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function eventOf({ id, at, reason }: OperationRow): EverybodySignedOut {
  const time = Number(at)
  return {
    id: `${String(time).padStart(15, '0')}-${LAST_OF_MILLISECOND}`,
    at: new Date(time),
    kind: 'everybody',
    operation: { id, reason },
  }
}

/** @param events newest first */
function hasOpenSession(events: readonly ActivityEvent[]): boolean {
  const ended = new Set<string>()
  for (const event of events) {
    if (event.kind === 'everybody') return false
    if (event.kind === 'ended') ended.add(event.session.id)
    if (event.kind === 'created' && !ended.has(event.session.id)) return true
  }
  return false
}
