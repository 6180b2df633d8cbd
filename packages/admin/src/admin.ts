import type { PlaceOf } from '@rollcall/devices'
import { createSessionOperator, type Session, type SessionOperatorOptions } from '@rollcall/session-store'
import { OperationStateError } from './errors.js'
import { createMatcher, type Filter, parseFilter } from './filter.js'
import { createOperationLog } from './operation-log.js'
import type { Operation, OperationRequest, ResumeOptions, RunOptions, UserWork } from './operation.js'
import { type Preview, previewSessions, type PreviewOptions } from './preview.js'
import { createOperationStarter, findSessions, type MatcherOf } from './start-operations.js'
import { createUserLists } from './user-list.js'

export interface SessionAdminOptions extends SessionOperatorOptions {
  /** The place of an address, for the condition `country`. Default: none, and that condition is refused. */
  readonly placeOf?: PlaceOf
}

/**
 * Finds and revokes sessions across users. Every call rejects with `SessionStoreUnavailableError` when Redis gives no answer.
 *
 * @example
 * const admin = createSessionAdmin({ redis })
 * const operation = await admin.revoke({ address: '203.0.113.0/24' }, { reason: 'Unusual traffic', startedBy: 'on call' })
 */
export interface SessionAdmin {
  /**
   * The live sessions that the filter selects, in no order. It reads in bounded batches. A session may come twice if keys move
   * between masters meanwhile.
   *
   * @throws {InvalidFilterError} at once.
   */
  find(filter: Filter): AsyncGenerator<Session, void>
  /**
   * Counts what `revoke` would revoke, and changes nothing. `null` selects everybody.
   *
   * @throws {InvalidFilterError}
   */
  preview(filter: Filter | null, options?: PreviewOptions): Promise<Preview>
  /**
   * Revokes the sessions that the filter selects and that were live when it began. Sign-ins under way that began before it are
   * refused. With `users`, only those of these users are; else all, because a sign-in does not know the filter.
   *
   * @throws {InvalidFilterError} at once.
   */
  revoke(filter: Filter, request: OperationRequest & RunOptions): Promise<Operation>
  /** Revokes all sessions that were live when it began, and refuses all sign-ins that began before it. */
  revokeEveryone(request: OperationRequest & RunOptions): Promise<Operation>
  /**
   * Runs work of the application on users as an operation. It is listed, stopped and resumed as a revocation is.
   *
   * @param action Names the work.
   * @param filter The users that it names or, with other conditions, those of the sessions that it finds. `null`: everybody.
   * @throws {TypeError} for the action `revoke`, which is this package's own.
   * @throws {InvalidFilterError} at once.
   */
  runWork(
    action: string,
    filter: Filter | null,
    work: UserWork,
    request: OperationRequest & RunOptions,
  ): Promise<Operation>
  readonly operations: {
    /** The newest 100 and all that are not done, newest first. Redis keeps operations for 90 days. */
    list(): Promise<Operation[]>
    /** @throws {UnknownOperationError} */
    get(id: string): Promise<Operation>
    /**
     * Runs one again that is not done. Younger sessions stay, and none is revoked twice. It waits for a run that is to stop, and
     * up to ten seconds for one that was killed. It refuses an operation that runs.
     *
     * @param options `keep` names a session that stays instead of the first one. Default: that one. `work` is that of
     * `runWork`, for an operation that it started.
     * @throws {UnknownOperationError | OperationStateError}
     * @throws {InvalidFilterError} for a filter of another version.
     */
    resume(id: string, options?: ResumeOptions): Promise<Operation>
    /**
     * Asks the process that runs it to stop, which it does within about a second.
     *
     * @throws {UnknownOperationError | OperationStateError}
     */
    stop(id: string): Promise<void>
  }
}

export function createSessionAdmin({ placeOf, ...options }: SessionAdminOptions): SessionAdmin {
  const operator = createSessionOperator(options)
  const { redis, keyPrefix = '' } = options
  const log = createOperationLog(redis, keyPrefix)
  const matcherOf: MatcherOf = (filter) => (filter === null ? () => true : createMatcher(filter, placeOf))
  const starter = createOperationStarter({ operator, log, lists: createUserLists(redis, keyPrefix), matcherOf })

  return {
    find(filter) {
      const parsed = parseFilter(filter)
      return findSessions(operator, parsed, matcherOf(parsed))
    },
    async preview(filter, options = {}) {
      const parsed = filter && parseFilter(filter)
      return previewSessions(operator, parsed, matcherOf(parsed), options)
    },
    revoke: async (filter, request) => starter.revoke(parseFilter(filter), request),
    revokeEveryone: (request) => starter.revoke(null, request),
    runWork: async (action, filter, work, request) =>
      starter.runWork(action, filter && parseFilter(filter), work, request),
    operations: {
      list: () => log.list(),
      get: (id) => log.read(id),
      resume: (id, options = {}) => starter.resume(id, options),
      async stop(id) {
        const { state } = await log.read(id)
        if (state === 'stopped') return
        const isUnderWay = state === 'running' || state === 'interrupted' // its process may be without Redis
        if (!isUnderWay) throw new OperationStateError(`The operation ${id} has ended: ${state}`)
        await log.stop(id)
      },
    },
  }
}
