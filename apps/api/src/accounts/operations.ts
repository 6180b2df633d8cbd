import type { Kysely } from 'kysely'
import { type ActivityTable, type EverybodySignedOut, fromRow, type OperationRow, toRow } from './activity-rows.js'

/** No id of an event of Redis ends like this. */
const LAST_OF_MILLISECOND = '999999'

/** Stores an operation, or what has become of it. */
export async function recordOperation(sql: Kysely<ActivityTable>, row: OperationRow): Promise<void> {
  await sql
    .insertInto('operation')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ state: row.state, revoked: row.revoked }))
    .execute()
}

/**
 * Writes the operations on everybody into the activity of a user, if the user had a session then. An operation appends no event
 * per person, because there may be millions. So each activity receives its row when somebody reads it.
 */
export async function recordOperations(sql: Kysely<ActivityTable>, userTag: string, since: number): Promise<void> {
  const operations = await sql
    .selectFrom('operation')
    .selectAll()
    .where('filter', '=', '')
    .where('at', '>=', since)
    .execute()
  for (const row of operations) {
    const event = eventOf(row)
    const at = event.at.getTime()
    const known = sql.selectFrom('activity').where('user_tag', '=', userTag).where('at', '<=', at)
    if ((await known.select('id').where('id', '=', event.id).executeTakeFirst()) !== undefined) continue
    const earlier = (await known.selectAll().orderBy('at').orderBy('id').execute()).flatMap(fromRow)
    if (!hasOpenSession(earlier)) continue
    await sql
      .insertInto('activity')
      .values(toRow(userTag, event))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
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

function hasOpenSession(events: readonly ReturnType<typeof fromRow>[number][]): boolean {
  const open = new Set<string>()
  for (const event of events) {
    if (event.kind === 'created') open.add(event.session.id)
    if (event.kind === 'ended') open.delete(event.session.id)
    if (event.kind === 'everybody') open.clear()
  }
  return open.size > 0
}
