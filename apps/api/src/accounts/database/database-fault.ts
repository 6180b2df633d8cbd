import SqliteDatabase from 'libsql'
import { DatabaseError } from 'pg'
import { isConnectionFault } from './postgres.js'

/** Why a database cannot be used, by the codes of PostgreSQL, Node and SQLite. */
const faults: Record<string, string> = {
  '28P01': 'the password is wrong',
  '28000': 'this user may not connect from here',
  '3D000': 'the database does not exist',
  '42501': 'this user may not create tables there',
  '53300': 'it has too many connections',
  '53100': 'its disk is full',
  '57P03': 'it does not accept connections yet',
  '25006': 'it can only be read, as a standby',
  ENOTFOUND: 'the host is unknown',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ECONNREFUSED: 'nothing listens at this host and port',
  EHOSTUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the host does not answer',
  ECONNRESET: 'it closed the connection',
  ENOENT: 'there is no such file or socket',
  EACCES: 'this process may not use the folder or socket',
  EPERM: 'the file belongs to another user',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'DATA_DIR is no folder',
  EEXIST: 'DATA_DIR is no folder',
  SQLITE_FULL: 'the disk is full',
  SQLITE_READONLY: 'the file can only be read',
  SQLITE_CANTOPEN: 'the file cannot be opened',
  SQLITE_NOTADB: 'the file is no SQLite database',
  SQLITE_CORRUPT: 'the file is damaged',
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/

/** In one line and without secrets, why opening or changing a database failed. */
export function databaseFault(error: unknown, databaseUrl: string | undefined): string {
  const cause = rootCause(error)
  const code = 'code' in cause ? String(cause.code) : ''
  const known = faults[code] ?? (CERTIFICATE.test(code) ? 'its certificate is not trusted' : faultIn(cause.message))
  const words = [known, [cause.message, code].filter((text) => text !== '').join(', ')].filter(
    (text) => text !== undefined,
  )
  return withoutPassword(words.join(': ').replaceAll(/\s+/g, ' '), databaseUrl)
}

/** Whether the database refused a statement, or gave no answer. */
export function isDatabaseError(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof SqliteDatabase.SqliteError || cause instanceof DatabaseError || isConnectionFault(cause))
      return true
  return false
}

/** For errors of the driver that bear no code. */
function faultIn(message: string): string | undefined {
  if (/timeout/i.test(message)) return 'the host does not answer'
  if (/password must be a string/i.test(message)) return 'it asks for a password, and none is set'
  if (/not support SSL/i.test(message)) return 'it offers no TLS'
  return undefined
}

/** Unwraps an error of a library. Node gives one error for each address of a host. */
function rootCause(error: unknown): Error {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0])
  // If a connection timed out, the cause only says that it was closed.
  if (error instanceof Error && error.cause instanceof Error && !/timeout/i.test(error.message))
    return rootCause(error.cause)
  return error instanceof Error ? error : new Error('unknown error')
}

/** No driver is known to quote it. Should one do so, it stays out all the same. */
function withoutPassword(text: string, databaseUrl: string | undefined): string {
  const password = databaseUrl === undefined ? '' : new URL(databaseUrl).password
  const secrets = [password, decodeURIComponent(password)].filter((secret) => secret !== '')
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text)
}
