import type { IsRecent } from '@rollcall/trpc'
import type { Operation } from '@rollcall/admin'
import { z } from 'zod'
import type { OperationRow } from '../../accounts/activity/activity-rows.js'
import type { LiveViews } from '../../administration/live-views.js'
import type { Context } from '../context.js'
import { router } from '../procedures.js'
import { id } from './inputs.js'
import { adminChange, unauditedProcedure } from './procedures.js'

/** Users of one operation whose email addresses a list shows. */
const MAX_NAMED = 3

export type ListOperations = typeof listOperations

interface Dependencies {
  readonly liveViews: LiveViews
  /** Shared by the streams. */
  readonly listOnce: ListOperations
  readonly isRecent: IsRecent
}

/** The work of operators and administrators, by the page and by the command. */
export function createOperationsRouter({ liveViews, listOnce, isRecent }: Dependencies) {
  const change = adminChange(isRecent)
  return router({
    /** The newest 100, and all that are not done. */
    list: unauditedProcedure.query(({ ctx }) => listOperations(ctx)),

    /** The same now and after every change, until the session or the role ends. */
    changes: unauditedProcedure.subscription(({ ctx, signal }) =>
      liveViews.open(['operations'], () => listOnce(ctx), ctx, signal),
    ),

    /** Runs one again that was interrupted, stopped or failed. Nothing is revoked twice, and the administrator's session stays. */
    resume: change.input(z.object({ id })).mutation(async ({ ctx: { administration, session }, input }) => {
      const { id, state } = await administration.resume(input.id, session.id)
      return { id, state }
    }),

    /** The process that runs it stops within about a second. */
    stop: change.input(z.object({ id })).mutation(async ({ ctx: { administration }, input: { id } }) => {
      await administration.stop(id)
      return { id }
    }),
  })
}

export async function listOperations({ administration, auth }: Pick<Context, 'administration' | 'auth'>) {
  const found = await administration.operations()
  const operations = found.map((operation) => ({ ...operation, userIds: usersIn(operation.row) }))
  const userIds = new Set(operations.flatMap((operation) => operation.userIds))
  const people = await auth.findUsers([...userIds])
  return operations.map((operation) => ({
    ...toPublic(operation.row, operation.progress),
    /** The users who still have an account. */
    people: people.filter(({ id }) => operation.userIds.includes(id)).map(({ id, email }) => ({ id, email })),
  }))
}

const ids = z.array(z.string())
/** Of many users, an operation names the first ones alone. */
const named = z.object({ users: z.union([ids, z.object({ first: ids }).transform(({ first }) => first)]) })

/** The first of the users whom the filter names, by their ids. */
function usersIn({ filter }: OperationRow): string[] {
  if (filter === '') return []
  return named.safeParse(JSON.parse(filter)).data?.users.slice(0, MAX_NAMED) ?? []
}

function toPublic(row: OperationRow, progress: Operation | null) {
  return {
    id: row.id,
    at: new Date(Number(row.at)).toISOString(),
    action: row.action,
    /** As JSON; `null` for everybody. */
    filter: row.filter === '' ? null : row.filter,
    reason: row.reason,
    note: row.note,
    startedBy: row.started_by,
    state: row.state,
    revoked: revokedBy(row, progress),
    /** `null` where Redis does not know the operation any more, or it is no revocation. */
    progress: progress && {
      scanned: progress.scanned,
      matched: progress.matched,
      alreadyGone: progress.alreadyGone,
      failed: progress.failed,
      share: progress.share,
      rate: progress.rate,
      millisecondsLeft: progress.millisecondsLeft,
    },
  }
}

/**
 * How many sessions it is known to have revoked; `null` where nobody knows: it failed, or lost its process, before anything was
 * counted. A revocation that Redis did not answer may have happened all the same.
 */
function revokedBy(row: OperationRow, progress: Operation | null): number | null {
  const { state, revoked } = progress ?? row
  const isCounted = state === 'done' || state === 'stopped' || (progress !== null && state === 'running')
  return isCounted || revoked > 0 ? revoked : null
}
