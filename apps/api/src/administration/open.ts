import type { PlaceOf } from '@rollcall/devices'
import type { Clock } from '@rollcall/session-store'
import type { Database } from '../accounts/database/database.js'
import type { Settings } from '../settings/env.js'
import type { Log } from '../log.js'
import { type Administration, createAdministration } from './administration.js'
import { adminConnection } from './connection.js'

interface Parts {
  readonly settings: Settings
  readonly log: Log
  readonly clock: Clock
  readonly database: Database
  readonly placeOf: PlaceOf
}

/** The administration of a server, which is closed with it. */
export function openAdministration(
  { settings, log, clock, database, placeOf }: Parts,
  onClose: (close: () => Promise<unknown>) => void,
): Administration {
  const administration = createAdministration({
    connection: adminConnection(settings, clock, placeOf),
    database,
    clock,
    warn: (message, reason) => log.error({ err: reason }, message),
  })
  onClose(() => administration.close())
  return administration
}
