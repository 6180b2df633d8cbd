import type { Settings } from '../../settings/env.js'
import { StartError } from '../../start-error.js'
import { databaseFault, isDatabaseError } from './database-fault.js'
import { type Database, openDatabase } from './database.js'

/** @throws {StartError} It names the setting to mend. */
export function openConfiguredDatabase(settings: Settings, open = openDatabase): Database {
  try {
    return open({ url: settings.databaseUrl, dataDir: settings.dataDir })
  } catch (error) {
    throw databaseError(error, settings)
  }
}

/** For a person: the setting to mend, and why the database cannot be used. */
export function databaseError(error: unknown, { databaseUrl }: Settings): StartError {
  const setting = databaseUrl === undefined ? 'DATA_DIR' : 'DATABASE_URL'
  return new StartError(`The database cannot be used; see ${setting} (${databaseFault(error, databaseUrl)})`, {
    cause: error,
  })
}

/**
 * Does work on the files beside the database.
 *
 * @param fault What cannot be done then.
 * @throws {StartError} in place of an error of the file system.
 */
export async function explainFileErrors<T>(fault: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StartError(`${fault}; see DATA_DIR (${databaseFault(error, undefined)})`, { cause: error })
  }
}

/**
 * Does the work of an operator.
 *
 * @throws {StartError} in place of an error of the database.
 */
export async function explainDatabaseErrors<T>(settings: Settings, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StartError || !isDatabaseError(error)) throw error
    throw databaseError(error, settings)
  }
}
