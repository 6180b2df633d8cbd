// The command `rollcall` shares this with the server: the settings, the connections, and the record of operations.
import type { ActivityTable, OperationRow } from './accounts/activity-rows.js'
import type { Database } from './accounts/database.js'
import {
  recordOperation as recordIn,
  recordOnUser as recordOnUserIn,
  type UserOperation,
} from './accounts/operations.js'
import { createLog, type Log } from './log.js'

export type { UserOperation } from './accounts/operations.js'
export { type Database, openDatabase } from './accounts/database.js'
export { migrate } from './accounts/migrations.js'
export { operationRow } from './accounts/operations.js'
export { findUserIds, listUsers, UnknownUserError, userIdsOf } from './accounts/users.js'
export { readSettings, type Settings, SettingsError } from './env.js'
export { openPlaces } from './places.js'
export { createRedisClient } from './redis/connect.js'
export { StartError } from './start-error.js'

/** On standard error, so that standard output holds the results alone. Warnings and errors only. */
export function createOperatorLog(): Log {
  const log = createLog(process.stderr)
  log.level = 'warn'
  return log
}

/** Stores an operation, or what has become of it, in SQL. */
export async function recordOperation(database: Database, row: OperationRow): Promise<void> {
  await recordIn(database.kysely.withTables<ActivityTable>(), row)
}

/** Does the work of a command on one user, which revokes nothing, with a row in SQL. */
export async function recordOnUser(
  database: Database,
  operation: UserOperation,
  work: () => Promise<unknown>,
): Promise<void> {
  await recordOnUserIn(database.kysely.withTables<ActivityTable>(), operation, work)
}
