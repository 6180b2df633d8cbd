import SqliteDatabase from 'libsql'

/** From now on, no statement like this gets an answer from SQLite, in any server of this process. */
export function failStatements(like = /^/): Disposable {
  const { prepare } = SqliteDatabase.prototype
  const failing = function prepareUnless(this: SqliteDatabase.Database, source: string): SqliteDatabase.Statement {
    if (like.test(source)) throw new SqliteDatabase.SqliteError('disk I/O error', 'SQLITE_IOERR_READ')
    return prepare.call(this, source)
  }
  SqliteDatabase.prototype.prepare = failing as typeof prepare // which is generic in what it binds
  return {
    [Symbol.dispose]() {
      SqliteDatabase.prototype.prepare = prepare
    },
  }
}
