import type { Database } from '../accounts/database/database.js'
import { DatabaseUnavailableError, outageIn } from '../errors.js'

/** An error of better-auth does not always say whether it is an outage; if not, this asks the database. */
export async function outageOr(failure: unknown, database: Pick<Database, 'ping' | 'checkWritable'>): Promise<unknown> {
  if (outageIn(failure) !== undefined) return failure // the database may answer again by now
  try {
    await database.ping()
    await database.checkWritable()
    return failure
  } catch {
    return new DatabaseUnavailableError(failure)
  }
}
