import SqliteDatabase from 'libsql'

/** @throws {SqliteDatabase.SqliteError} also if the file cannot be opened: libsql gives that error no code. */
export function openSqlite(path: string): SqliteDatabase.Database {
  try {
    return new SqliteDatabase(path)
  } catch (error) {
    if (error instanceof SqliteDatabase.SqliteError) throw error
    throw new SqliteDatabase.SqliteError(error instanceof Error ? error.message : String(error), 'SQLITE_CANTOPEN')
  }
}
