import type { Database } from '../accounts/database.js'
import { isDatabaseUnavailable } from '../accounts/postgres.js'
import { isNotWritable } from '../accounts/writable.js'
import { DatabaseUnavailableError } from '../errors.js'

/** An error of better-auth does not always say whether it is an outage; if not, this asks the database. */
export async function outageOr(failure: unknown, database: Pick<Database, 'ping' | 'checkWritable'>): Promise<unknown> {
  if (isDatabaseUnavailable(failure) || isNotWritable(failure)) return new DatabaseUnavailableError(failure) // it may answer again by now
  try {
    await database.ping()
    await database.checkWritable()
    return failure
  } catch {
    return new DatabaseUnavailableError(failure)
  }
}
