import {
  type Filter,
  type Operation,
  type OperationRequest,
  OperationStateError,
  parseFilter,
  type Preview,
  type PreviewOptions,
  type SessionAdmin,
} from '@rollcall/admin'
import type { Clock } from '@rollcall/session-store'
import type { ActivityTable, OperationAction, OperationRow } from '../accounts/activity/activity-rows.js'
import type { Database } from '../accounts/database/database.js'
import { listOperationRows, operationRow, recordOperation, recordWork } from '../accounts/activity/operations.js'
import { userIdsOf } from '../accounts/people/users.js'
import { createBackground } from './background.js'
import type { AdminConnection } from './connection.js'
import { correctRows, stateOf } from './correct-rows.js'
import { recordRun } from './record-run.js'
import { findUsers, type FoundUsers, type Scanning } from './search.js'

/**
 * The work of administrators across users. Each call rejects with `SessionStoreUnavailableError` when Redis gives no answer, or with
 * what the database fails with.
 */
export interface Administration {
  /** Finds users by a part of their name or email address, their id, the id of a session, or the IP address of a device. */
  findUsers(text: string, scanning: Scanning): Promise<FoundUsers>
  /**
   * Checks a filter whose users are named by id or email address.
   *
   * @throws {InvalidFilterError | UnknownUserError}
   */
  readFilter(given: NamedFilter): Promise<Filter>
  /** @throws {InvalidFilterError} */
  preview(filter: Filter, options: PreviewOptions): Promise<Preview>
  /** Revokes what the filter selects, and resolves when that is done. It is on record before it begins. */
  revoke(filter: Filter, request: OperationRequest): Promise<Operation>
  /** Resolves when the operation has begun and is on record. It goes on in the background. If it rejects, nothing goes on. */
  begin(filter: Filter, request: OperationRequest): Promise<Operation>
  /** Revokes all sessions of a user, for the given reason, then does the work, with a row that names both. */
  signOutAnd(
    action: OperationAction,
    userId: string,
    request: OperationRequest,
    work: () => Promise<unknown>,
  ): Promise<Operation>
  /** Does work that revokes nothing, between two writes of its row. */
  record(
    action: OperationAction,
    userId: string,
    by: Pick<OperationRequest, 'startedBy'>,
    work: () => Promise<void>,
  ): Promise<void>
  /** The newest first: all that is on record, and the progress of those that Redis still knows. */
  operations(): Promise<{ readonly row: OperationRow; readonly progress: Operation | null }[]>
  /**
   * Resolves when the operation runs again, in the background. One on everybody is for the command, which counts first.
   *
   * @param keep The id of the session that stays.
   * @throws {UnknownOperationError | OperationStateError} also for one that is running.
   */
  resume(id: string, keep: string): Promise<Operation>
  /** @throws {UnknownOperationError | OperationStateError} */
  stop(id: string): Promise<void>
  /** Corrects the rows of operations that ended without a word to SQL. */
  correctRows(): Promise<void>
  /** Stops the operations that run in this process. They can be resumed on any server. */
  close(): Promise<void>
}

/** A filter that nobody has checked yet. */
type NamedFilter = { readonly [Name in keyof Filter]: unknown } & { readonly users?: string[] | undefined }

/** A person waits for the answer, so an outage is reported at once. */
const AT_ONCE = { giveUpAfterMs: 0 }
const MAX_LISTED = 100

interface Options {
  readonly connection: AdminConnection
  readonly database: Database
  readonly clock: Clock
  /** Called when an operation in the background has failed, which can be resumed, or when the row of one is out of date. */
  readonly warn: (message: string, reason: unknown) => void
}

export function createAdministration({ connection, database, clock, warn }: Options): Administration {
  const sql = database.kysely.withTables<ActivityTable>()
  const save = (row: OperationRow): Promise<void> => recordOperation(sql, row)
  const { running, start } = createBackground(save, warn)
  const preview: Administration['preview'] = async (filter, options) =>
    (await connection.open()).preview(filter, options)

  return {
    findUsers: (text, scanning) => findUsers(preview, database.kysely, text, scanning),

    readFilter: async ({ users, ...conditions }) =>
      parseFilter({ users: users && (await userIdsOf(users, database.kysely)), ...conditions }),

    preview,

    async revoke(filter, request) {
      const admin = await connection.open()
      return recordRun('revoke', save, warn, (watch) => admin.revoke(filter, { ...request, ...AT_ONCE, ...watch }))
    },

    async begin(filter, request) {
      const admin = await connection.open()
      return start((watch) => admin.revoke(filter, { ...request, ...watch }))
    },

    async signOutAnd(action, userId, request, work) {
      const admin = await connection.open()
      return recordRun(action, save, warn, async (watch) => {
        const operation = await admin.revoke({ users: [userId] }, { ...request, ...AT_ONCE, ...watch })
        await work()
        return operation
      })
    },

    record: (action, userId, { startedBy }, work) =>
      recordWork(sql, { at: new Date(clock()), action, filter: { users: [userId] }, startedBy }, work),

    operations: async () => listOperations(await connection.open(), await listOperationRows(sql, MAX_LISTED), clock()),

    async resume(id, keep) {
      const { operations } = await connection.open()
      const { action, filter } = await operations.get(id)
      if (filter === null) throw new OperationStateError('Only the command resumes an operation on everybody')
      if (action !== 'revoke')
        throw new OperationStateError(`Only the command resumes an operation of this kind: ${action}`)
      return start((watch) => operations.resume(id, { keep, ...watch }))
    },

    stop: async (id) => (await connection.open()).operations.stop(id),

    correctRows: () => correctRows(sql, connection.open, clock()),

    async close() {
      if (running.size > 0) {
        const { operations } = await connection.open()
        await Promise.allSettled([...running.keys()].map((id) => operations.stop(id)))
        await Promise.allSettled(running.values())
      }
      connection.close()
    },
  }
}

/** A process that was killed may have left a row out, or as it was: Redis knows better for as long as it keeps the operation. */
async function listOperations({ operations }: SessionAdmin, rows: readonly OperationRow[], now: number) {
  const known = new Map((await operations.list()).map((operation) => [operation.id, operation]))
  const recorded = new Set(rows.map(({ id }) => id))
  const missing = [...known.values()].filter(({ id }) => !recorded.has(id))
  return [...rows, ...missing.map((operation) => operationRow(operation, operation.action))]
    .toSorted((a, b) => Number(b.at) - Number(a.at))
    .slice(0, MAX_LISTED)
    .map((row) => {
      const operation = known.get(row.id)
      return { row: { ...row, state: stateOf(row, operation, now) }, progress: progressOf(row, operation) }
    })
}

/** `null` for a ban, or another action of a server: Redis knows only the revocation that is part of it. */
function progressOf({ action }: OperationRow, operation: Operation | undefined): Operation | null {
  return operation?.action === action ? operation : null
}
