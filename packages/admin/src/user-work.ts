import type { RevokedStep, Session, SessionOperator } from '@rollcall/session-store'
import type { UserWork } from './operation.js'
import { revokeUser } from './revocation-work.js'
import type { Work } from './run-operation.js'
import type { UserLists } from './user-list.js'

/** The work of an operation whose steps are those of an application. */
export function createUserWork(operator: SessionOperator, lists: UserLists, work: UserWork): Work {
  return {
    async begin({ filter, startedAt }) {
      await operator.checkEvents()
      if (filter?.users === undefined) await operator.refuseEarlierSignIns(startedAt)
    },

    async *steps(operation) {
      const revoke = async (userId: string, createdBy = operation.startedAt): Promise<number> => {
        const selects = ({ id }: Session): boolean => id !== operation.keep
        const { revoked } = await revokeUser(operator, userId, { ...operation, startedAt: createdBy }, selects)
        return revoked
      }
      const users = lists.read(operation.id, operation.filter)
      for await (const { revoked, share } of work(operation, revoke, users))
        yield { ...stepOf(revoked), pass: 1, share }
    },

    finish: () => operator.confirm(),
  }
}

const stepOf = (revoked: number): RevokedStep => ({ users: 1, live: revoked, matched: revoked, revoked, failed: 0 })
