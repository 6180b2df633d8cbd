import {
  type RevokedStep,
  type ScanStep,
  type Session,
  type SessionOperator,
  userTagOf,
  wasLiveAt,
} from '@rollcall/session-store'
import type { Operation } from './operation.js'
import { prefilterOf } from './prefilter.js'
import type { Step, Work } from './run-operation.js'
import type { UserLists } from './user-list.js'

/** The work of an operation that revokes what `matches` selects, or the sessions of everybody. */
export function createRevocationWork(
  operator: SessionOperator,
  lists: UserLists,
  matches: (session: Session) => boolean,
): Work {
  return {
    async begin({ filter, startedAt }) {
      if (filter !== null) await operator.checkEvents() // everybody's appends none
      if (filter?.users === undefined) await operator.refuseEarlierSignIns(startedAt)
    },

    async *steps(operation, giveUpAfterMs) {
      const { filter, startedAt, keep } = operation
      const selects = (session: Session): boolean => session.id !== keep && matches(session)
      const users = lists.read(operation.id, filter)
      if (users === null) {
        const isMeant = (session: Session): boolean =>
          selects(session) && wasLiveAt(session, startedAt, operator.clock())
        yield* flatten(
          filter === null
            ? operator.revokeAll(startedAt, keep ?? '', giveUpAfterMs)
            : operator.revokeMatching(isMeant, prefilterOf(filter), operation, giveUpAfterMs),
        )
        return
      }
      let visited = 0
      for await (const userId of users) {
        visited += 1
        yield { ...(await revokeUser(operator, userId, operation, selects)), pass: 1, share: visited / users.count }
      }
    },

    async finish(operation) {
      await operator.confirm()
      if (operation.filter === null) await operator.publishToAll(operation)
    },
  }
}

/**
 * Revokes the sessions of a user that were live when the operation started. Also refuses sign-ins of the user under way that
 * began by then.
 */
export async function revokeUser(
  operator: SessionOperator,
  userId: string,
  operation: Pick<Operation, 'id' | 'reason' | 'startedAt'>,
  selects: (session: Session) => boolean,
): Promise<RevokedStep> {
  const { sessions, isReadable } = await operator.read(userId)
  const ids = sessions
    .filter((session) => selects(session) && wasLiveAt(session, operation.startedAt, operator.clock()))
    .map(({ id }) => id)
  const revoked = await operator.revoke(userTagOf(userId), ids, operation, true)
  return { users: 1, live: sessions.length, matched: ids.length, revoked, failed: isReadable ? 0 : 1 }
}

async function* flatten(scan: AsyncIterable<ScanStep<RevokedStep>>): AsyncGenerator<Step> {
  for await (const { found, ...progress } of scan) yield { ...found, ...progress }
}
