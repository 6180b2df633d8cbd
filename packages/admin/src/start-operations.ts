import { type Session, type SessionOperator, userTagOf } from '@rollcall/session-store'
import { OperationStateError } from './errors.js'
import { type Filter, type OperationFilter, parseOperationFilter } from './filter.js'
import { newOperationId, type OperationLog } from './operation-log.js'
import type { Operation, OperationRequest, ResumeOptions, RunOptions, UserWork } from './operation.js'
import { prefilterOf } from './prefilter.js'
import { requestSweeps } from './request-sweeps.js'
import { createRevocationWork } from './revocation-work.js'
import { runOperation, type RunContext, type Work } from './run-operation.js'
import type { UserLists } from './user-list.js'
import { createUserWork } from './user-work.js'

/** `null` selects everybody. @throws {InvalidFilterError} */
export type MatcherOf = (filter: Filter | null) => (session: Session) => boolean

/** Starts and resumes operations. Their filters are parsed. */
export interface OperationStarter {
  revoke(filter: Filter | null, request: OperationRequest & RunOptions): Promise<Operation>
  runWork(
    action: string,
    filter: Filter | null,
    work: UserWork,
    request: OperationRequest & RunOptions,
  ): Promise<Operation>
  resume(id: string, options: ResumeOptions): Promise<Operation>
}

interface Parts {
  readonly operator: SessionOperator
  readonly log: OperationLog
  readonly lists: UserLists
  readonly matcherOf: MatcherOf
}

/** The users of a filter, as often as they are read. */
type Users = () => Iterable<string> | AsyncIterable<string>

export function createOperationStarter({ operator, log, lists, matcherOf }: Parts): OperationStarter {
  async function run(operation: Operation, work: Work, options: RunOptions, prepare: RunContext['prepare']) {
    const ended = await runOperation({ log, work: requestSweeps(operator, work), prepare }, operation, options)
    if (ended.state === 'done') await lists.delete(ended.id, ended.filter).catch(() => undefined)
    return ended
  }

  async function start(operation: Operation, work: Work, options: RunOptions, users?: Users): Promise<Operation> {
    return run(operation, work, options, async () => {
      const { id, filter } = operation
      return users ? { ...operation, filter: { ...filter, users: await lists.write(id, users()) } } : operation
    })
  }

  /** It asks for the users of the filter one by one, so that they are no condition. */
  function revocationOf(filter: OperationFilter | null): Work {
    return createRevocationWork(operator, lists, matcherOf(filter && { ...filter, users: undefined }))
  }

  function workOf({ id, action, filter }: Operation, work: UserWork | undefined): Work {
    if (action === REVOKE) return revocationOf(filter)
    if (work === undefined) throw new OperationStateError(`The operation ${id} is no revocation: ${action}`)
    return createUserWork(operator, lists, work)
  }

  /** A filter with other conditions stands for the users whose sessions it finds. */
  function usersOf(filter: Filter): Users {
    const { users, ...conditions } = filter
    if (users !== undefined && Object.values(conditions).every((value) => value === undefined)) return () => users
    const matches = matcherOf(filter)
    return () => userIdsOf(findSessions(operator, filter, matches))
  }

  return {
    async revoke(filter, request) {
      const work = revocationOf(filter)
      const operation = newOperation(
        { action: REVOKE, startedAt: await startRefusing(operator, filter, filter !== null) },
        request,
      )
      const users = filter?.users
      return start({ ...operation, filter }, work, request, users && (() => users))
    },

    async runWork(action, filter, work, request) {
      if (action === REVOKE) throw new TypeError('The action revoke is no work of the application')
      const users = filter === null ? undefined : usersOf(filter)
      const operation = newOperation({ action, startedAt: await startRefusing(operator, filter, true) }, request)
      return start({ ...operation, filter }, createUserWork(operator, lists, work), request, users)
    },

    async resume(id, { keep, work, ...options }) {
      const read = async (): Promise<Operation> => {
        const operation = await log.read(id)
        const filter = operation.filter && parseOperationFilter(operation.filter)
        return { ...operation, filter, keep: keep ?? operation.keep, error: null }
      }
      const operation = await read()
      return run(operation, workOf(operation, work), options, async () => {
        await lists.renew(id, operation.filter)
        return read() // an earlier run may have counted until it ended
      })
    },
  }
}

/** The action of the operations that this package knows the work of. */
const REVOKE = 'revoke'

function newOperation(
  what: Pick<Operation, 'action' | 'startedAt'>,
  request: OperationRequest,
): Omit<Operation, 'filter'> {
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

/**
 * The time by which a session that is to end was live. Sign-ins that began before this call either have created a session by
 * then, which the operation finds, or are refused. Without named users, one step refuses those of everybody.
 */
async function startRefusing(operator: SessionOperator, filter: Filter | null, appendsEvents: boolean): Promise<Date> {
  const isRefused =
    appendsEvents &&
    (await operator.checkEvents().then(
      () => false,
      () => true,
    ))
  if (isRefused) return operator.time() // it fails when it begins
  return filter?.users === undefined ? operator.refuseEarlierSignIns() : refuseSignInsOf(operator, filter.users)
}

/** Users whose sign-ins are refused at once. */
const MAX_AT_ONCE = 100

async function refuseSignInsOf(operator: SessionOperator, users: readonly string[]): Promise<Date> {
  const called = { id: '', reason: '', startedAt: await operator.time() }
  for (let at = 0; at < users.length; at += MAX_AT_ONCE)
    await Promise.all(
      users.slice(at, at + MAX_AT_ONCE).map(async (id) => operator.revoke(userTagOf(id), [], called, true)),
    )
  return operator.time()
}

async function* userIdsOf(sessions: AsyncIterable<Session>): AsyncGenerator<string, void> {
  for await (const { userId } of sessions) yield userId
}

export async function* findSessions(
  operator: SessionOperator,
  filter: Filter,
  matches: (session: Session) => boolean,
): AsyncGenerator<Session, void> {
  if (filter.users === undefined) {
    for await (const { found } of operator.scan(prefilterOf(filter)))
      for (const { sessions } of found) yield* sessions.filter(matches)
    return
  }
  for (const userId of filter.users) yield* (await operator.read(userId)).sessions.filter(matches)
}
