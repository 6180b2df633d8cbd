import type { PlaceOf } from '@rollcall/devices'
import {
  createSessionOperator,
  type Session,
  type SessionOperator,
  type SessionOperatorOptions,
} from '@rollcall/session-store'
import { OperationStateError } from './errors.js'
import { createMatcher, type Filter, parseFilter } from './filter.js'
import { createOperationLog, newOperationId } from './operation-log.js'
import type { Operation, OperationRequest, ResumeOptions, RunOptions, UserWork } from './operation.js'
import { type Preview, previewSessions, type PreviewOptions } from './preview.js'
import { createRevocation } from './revocation.js'
import { runOperation, type Work } from './run.js'
import { createUserWork } from './user-work.js'

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
   * Runs work of the application on users as an operation, which is listed, stopped and resumed as a revocation is.
   *
   * @param action Names the work.
   * @param filter Whom it is about; `null` for everybody.
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
    /** The newest 100, newest first. Redis keeps operations for 90 days. */
    list(): Promise<Operation[]>
    /** @throws {UnknownOperationError} */
    get(id: string): Promise<Operation>
    /**
     * Runs one again that is not done. Younger sessions stay, and none is revoked twice. A process that still runs it ends.
     *
     * @param options `keep` names a session that stays instead of the first one. Default: that one. `work` is that of
     * `runWork`, for an operation that it started. Such a one is refused while it runs.
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
  const log = createOperationLog(options.redis, options.keyPrefix ?? '')
  const matcherOf = (filter: Filter | null) => (filter === null ? () => true : createMatcher(filter, placeOf))

  async function start(filter: Filter | null, request: OperationRequest & RunOptions): Promise<Operation> {
    const matches = matcherOf(filter)
    // The clock first: everything that is live by then is meant.
    const startedAt = filter?.users === undefined ? await operator.refuseEarlierSignIns() : await operator.time()
    const operation = newOperation({ action: REVOKE, filter, startedAt }, request)
    return runOperation({ log, work: createRevocation(operator, matches) }, operation, request)
  }

  function workOf({ id, action, state, filter }: Operation, work: UserWork | undefined): Work {
    if (action === REVOKE) return createRevocation(operator, matcherOf(filter))
    if (work === undefined) throw new OperationStateError(`The operation ${id} is no revocation: ${action}`)
    if (state === 'running')
      throw new OperationStateError(`The operation ${id} is running, or its process ended within the last ten seconds`)
    return createUserWork(operator, work)
  }

  return {
    find(filter) {
      const parsed = parseFilter(filter)
      const matches = matcherOf(parsed)
      return findSessions(operator, parsed, matches)
    },
    async preview(filter, options = {}) {
      const parsed = filter && parseFilter(filter)
      return previewSessions(operator, parsed, matcherOf(parsed), options)
    },
    revoke: async (filter, request) => start(parseFilter(filter), request),
    revokeEveryone: (request) => start(null, request),
    async runWork(action, filter, work, request) {
      if (action === REVOKE) throw new TypeError('The action revoke is no work of the application')
      const what = { action, filter: filter && parseFilter(filter), startedAt: await operator.time() }
      return runOperation({ log, work: createUserWork(operator, work) }, newOperation(what, request), request)
    },
    operations: {
      list: () => log.list(),
      get: (id) => log.read(id),
      async resume(id, { keep, work, ...run } = {}) {
        const operation = await log.read(id)
        if (operation.state === 'done') throw new OperationStateError(`The operation ${id} is done`)
        const filter = operation.filter && parseFilter(operation.filter)
        const again = { ...operation, filter, keep: keep ?? operation.keep, error: null }
        return runOperation({ log, work: workOf(again, work) }, again, run)
      },
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

/** The action of the operations that this package knows the work of. */
const REVOKE = 'revoke'

function newOperation(what: Pick<Operation, 'action' | 'filter' | 'startedAt'>, request: OperationRequest): Operation {
  const { reason = '', note = '', startedBy, keep = null } = request
  return {
    ...what,
    id: newOperationId(what.startedAt),
    keep,
    reason,
    note,
    startedBy,
    updatedAt: new Date(),
    state: 'running',
    scanned: 0,
    matched: 0,
    revoked: 0,
    alreadyGone: 0,
    failed: 0,
    share: 0,
    rate: 0,
    millisecondsLeft: null,
    error: null,
  }
}

async function* findSessions(
  operator: SessionOperator,
  filter: Filter,
  matches: (session: Session) => boolean,
): AsyncGenerator<Session, void> {
  if (filter.users === undefined) {
    for await (const { found } of operator.scan()) for (const { sessions } of found) yield* sessions.filter(matches)
    return
  }
  for (const userId of filter.users) yield* (await operator.read(userId)).sessions.filter(matches)
}
