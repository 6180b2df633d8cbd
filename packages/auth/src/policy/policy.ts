import type { SessionStore } from '@rollcall/session-store'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { z } from 'zod'
import { afterCommit, type AfterWrite, doNothing, forEachOf, type OnChange } from './after-write.js'
import { type Audit, type AuditEventName, auditEvent } from '../audit/audit.js'
import { currentPath } from '../request/current-endpoint.js'
import { currentSession, replaceCookies, unauthorized } from '../cookies/current-session.js'
import { EVERY_ROW } from '../request/every-row.js'
import { clientInfo, requestState } from '../request/request-state.js'
import { revokeWithAudit } from '../sessions/revocations.js'
import { proofData } from '../request/sign-in-method.js'
import { rejectFailedLookUp } from '../request/unavailable.js'
import { requireEmailChange, consumeEmailChange } from '../links/verification-links.js'
import { deletePending } from '../links/verification-model.js'

/**
 * Revokes sessions when other rows change, since every endpoint and plugin must write rows. A changed password hash, a ban and a
 * deleted user revoke sessions, no matter who asked.
 *
 * Pending links and codes that could replace the credential are deleted in the same transaction.
 *
 * Each change revokes twice. The first time is before the row is written, so that an outage stops the change. The second time
 * is after the commit, because the old password signs in until then. So each of these functions is called before a row is
 * written, and the function that it returns after that.
 */
export function credentialPolicy(context: PolicyContext) {
  const { adapter } = context
  return {
    async beforeCreate(model: string, data: object): Promise<AfterWrite> {
      const isPassword = model === 'account' && hasPassword(data) && 'userId' in data
      return isPassword ? changeCredentials(context, String(data.userId), false) : doNothing
    },

    async beforeUpdate(model: string, where: Where[], update: object): Promise<AfterWrite> {
      // Taken away or replaced: either way, the one that signed in does so no more.
      if (model === 'account' && 'password' in update && update.password !== undefined) {
        const accounts = await adapter.findMany<{ userId: string }>({ model, where, limit: EVERY_ROW })
        const isRemoved = update.password === null
        return forEachOf(new Set(accounts.map(({ userId }) => userId)), (userId) =>
          changeCredentials(context, userId, isRemoved),
        )
      }
      if (model !== 'user') return doNothing
      if (changesEmail(update))
        for (const { id } of await usersOf(adapter, where)) await requireEmailChange(adapter, id, update.email)
      if (!('banned' in update) || update.banned === undefined) return doNothing
      return update.banned === true ? revokeAllOfUsers(context, where, 'user-banned') : auditUnbans(context, where)
    },

    async beforeDelete(model: string, where: Where[]): Promise<AfterWrite> {
      return model === 'user' ? revokeAllOfUsers(context, where, 'user-deleted') : doNothing
    },
  }
}

/** For after the first revocation: an outage there leaves the person a link that works. */
export function pendingLinks(adapter: DBTransactionAdapter) {
  return {
    /** A link that was sent to the old email address must not choose the password. */
    async beforeUpdate(model: string, where: Where[], update: object): Promise<AfterWrite> {
      if (model !== 'user' || !changesEmail(update)) return doNothing
      await rejectFailedLookUp() // before it uses up the link
      for (const { id } of await usersOf(adapter, where)) {
        await consumeEmailChange(adapter, id, update.email)
        await deletePending(adapter, id)
      }
      return doNothing
    },
  }
}

function changesEmail(update: object): update is { email: unknown } {
  return 'email' in update && update.email !== undefined
}

/** The first password of a new user changes nobody's credentials. */
export async function recordNewUser(model: string, row: unknown): Promise<void> {
  const user = model === 'user' ? rowWithId.safeParse(row).data : undefined
  if (user !== undefined) (await requestState()).newUsers.add(user.id)
}

interface PolicyContext {
  readonly adapter: DBTransactionAdapter
  readonly store: SessionStore
  readonly audit: Audit
  readonly onChange: OnChange
}

async function revokeAllOf(
  { adapter, store, audit, onChange }: PolicyContext,
  name: AuditEventName,
  userId: string,
): Promise<AfterWrite> {
  await deletePending(adapter, userId)
  const before = await revokeWithAudit(() => store.revokeAll(userId, { credentialChange: true }))
  return afterCommit(onChange, { event: name, userId }, async () => {
    ;(await requestState()).committedFor = userId
    const event = { name, ...(await clientInfo()) }
    const more = await revokeWithAudit(() => store.revokeAll(userId, { credentialChange: true, event }))
    const ended = before + more
    await auditEvent(audit, { event: name, result: 'ok', userId, ended })
  })
}

async function changeCredentials(context: PolicyContext, userId: string, isRemoved: boolean): Promise<AfterWrite> {
  const { adapter, store, audit, onChange } = context
  const state = await requestState()
  if (state.newUsers.has(userId)) return doNothing
  if (setsFirstPassword()) {
    await deletePending(adapter, userId)
    return doNothing // it is a way in that is added, see `factorPolicy`
  }
  const current = currentSession(changesOwnPassword)
  if (current === null || current.userId !== userId)
    return revokeAllOf(context, isRemoved ? removalEvent() : 'password-reset', userId)

  const ended = await revokeWithAudit(() => store.revokeOthers(current.token))
  if (ended === null) throw unauthorized()
  await deletePending(adapter, userId)
  return afterCommit(onChange, { event: 'password-change', userId }, async () => {
    state.committedFor = userId
    const event = { name: 'password-change', ...(await clientInfo()) }
    const rotated = await revokeWithAudit(() =>
      store.rotate(current.token, { credentialChange: true, event, data: proofData() }),
    )
    // Revoked from elsewhere in this very moment: then this session does not come back either.
    const more =
      rotated?.revoked ?? (await revokeWithAudit(() => store.revokeAll(userId, { credentialChange: true, event })))
    if (rotated !== null) await replaceCookies(rotated.token)
    await auditEvent(audit, {
      event: 'password-change',
      result: 'ok',
      userId,
      sessionId: current.id,
      ended: ended + more,
    })
  })
}

interface User {
  readonly id: string
  readonly banned?: boolean | null
}

function usersOf(adapter: DBTransactionAdapter, where: Where[]): Promise<User[]> {
  return adapter.findMany<User>({ model: 'user', where, limit: EVERY_ROW })
}

async function revokeAllOfUsers(context: PolicyContext, where: Where[], name: AuditEventName): Promise<AfterWrite> {
  const users = await usersOf(context.adapter, where)
  return forEachOf(
    users.map(({ id }) => id),
    (id) => revokeAllOf(context, name, id),
  )
}

/** A lifted ban revokes nothing. */
async function auditUnbans({ adapter, audit, onChange }: PolicyContext, where: Where[]): Promise<AfterWrite> {
  const banned = (await usersOf(adapter, where)).filter((user) => user.banned === true)
  const event = 'user-unbanned' as const
  return forEachOf(banned, async ({ id: userId }) =>
    afterCommit(onChange, { event, userId }, () => auditEvent(audit, { event, result: 'ok', userId })),
  )
}

const rowWithId = z.object({ id: z.string() })

function hasPassword(row: object): boolean {
  return 'password' in row && typeof row.password === 'string'
}

/** An endpoint that an application may have, for accounts without a password. */
export function setsFirstPassword(): boolean {
  return currentPath() === '/set-password'
}

function removalEvent(): AuditEventName {
  return currentPath() === '/secure-account' ? 'account-secured' : 'password-required'
}

/** From here, a person changes their own password. Endpoints for the server alone, such as setPassword, have no path. */
function changesOwnPassword(path: string | undefined): boolean {
  return path === '/change-password' || path === 'virtual:'
}
