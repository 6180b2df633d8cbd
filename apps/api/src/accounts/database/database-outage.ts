import SqliteDatabase from 'libsql'
import { DatabaseError } from 'pg'
import { isConnectionFault } from './postgres.js'

/** SQLite: its file is locked, cannot be read or written, or is damaged. */
const SQLITE = /^SQLITE_(?:BUSY|LOCKED|FULL|READONLY|IOERR|CANTOPEN|NOMEM|PROTOCOL|CORRUPT|NOTADB)/
/**
 * PostgreSQL: the classes of connections, resources such as its disk, operators who stop it, its machine, and its own faults. Then
 * a standby, a deadlock, a conflict of transactions, and a lock that another one holds.
 */
const POSTGRES = /^(?:(?:08|53|57|58|XX)...|25006|40P01|40001|55P03)$/

/**
 * Whether an error says that the database cannot serve for the moment. Any other refusal of a statement is a fault of this program
 * or of its settings, such as a missing table.
 */
export function isDatabaseOutage(error: Error): boolean {
  if (error instanceof SqliteDatabase.SqliteError) return SQLITE.test(error.code)
  if (error instanceof DatabaseError) return isConnectionFault(error) || POSTGRES.test(error.code ?? '')
  return isConnectionFault(error) || isClosed(error)
}

/** PostgreSQL refuses the user or the password, or has no such database. */
export function isRefusedConnection(error: Error): boolean {
  return error instanceof DatabaseError && /^(?:28|3D)/.test(error.code ?? '')
}

/** Kysely gives that error no type and no code. This server has closed its database, because it shuts down. */
function isClosed({ message }: Error): boolean {
  return message === 'driver has already been destroyed'
}
