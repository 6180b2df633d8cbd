// The command `rollcall` shares this with the server: the settings, the connections, and the record of operations.
import type { Operation } from '@rollcall/admin'
import type { ActivityTable, OperationAction } from './accounts/activity/activity-rows.js'
import type { Database } from './accounts/database/database.js'
import { migrate } from './accounts/database/migrations.js'
import { recordOperation, recordWork as recordWorkIn, type Work } from './accounts/activity/operations.js'
import { recordRun, type Watch } from './administration/record-run.js'
import { createLog, type Log } from './log.js'

export type { OperationAction } from './accounts/activity/activity-rows.js'
export type { Work } from './accounts/activity/operations.js'
export { createAdmin, adminConnection } from './administration/connection.js'
export { MAX_REASON_LENGTH } from './administration/reason.js'
export {
  databaseError,
  explainDatabaseErrors,
  openConfiguredDatabase,
} from './accounts/database/configured-database.js'
export { type Database, openDatabase } from './accounts/database/database.js'
export {
  findUserIds,
  listUsers,
  lookUpUsers,
  UnknownUserError,
  unknownUsers,
  userIdsOf,
} from './accounts/people/users.js'
export { readSettings, type Settings, SettingsError } from './settings/env.js'
export { openConfiguredPlaces } from './places.js'
export { connectOperator } from './redis/connect.js'
export { type Access, checkPermissions } from './redis/permissions.js'
export { isWithoutAnswer } from './errors.js'
export { StartError } from './start-error.js'

/** On standard error, so that standard output holds the results alone. Default: warnings and errors only. */
export function createOperatorLog(level: 'info' | 'warn' = 'warn'): Log {
  const log = createLog(process.stderr)
  log.level = level
  return log
}

/** `recordRun` for a command. Brings the tables up to date first. */
export async function recordCommand(
  database: Database,
  action: OperationAction,
  warn: (message: string, reason: unknown) => void,
  run: (watch: Watch) => Promise<Operation>,
): Promise<Operation> {
  await migrate(database)
  const sql = database.kysely.withTables<ActivityTable>()
  return recordRun(action, (row) => recordOperation(sql, row), warn, run)
}

/** Does the work of a command, which is no operation of Redis, with a row in SQL. */
export async function recordWork(database: Database, what: Work, work: () => Promise<unknown>): Promise<void> {
  await recordWorkIn(database.kysely.withTables<ActivityTable>(), what, work)
}
