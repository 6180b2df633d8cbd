import type { SessionStore } from '@rollcall/session-store'
import { queueAfterTransactionHook, tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { z } from 'zod'
import { type Audit, type AuditEventName, noted } from './audit.js'
import { currentSession, replaceCookies, unauthorized } from './current-session.js'
import { requestSigns, requestState } from './request-state.js'
import { answered } from './session-adapter.js'
import { deletePending } from './verification-model.js'

/**
 * What ends sessions besides their own model, seen where every endpoint and plugin must pass: in the
 * rows that it writes. A changed password hash, a ban and a deleted user end sessions, whoever asked.
 *
 * Pending links and codes that could replace the credential are deleted in the same transaction.
 *
 * Each ending happens twice. Before the row is written, so that an outage stops the change instead of
 * leaving it half done; and after the commit, because until then the old password still signs in. So each
 * of these functions is called before a row is written, and what it answers once it is.
 */
export function policy(adapter: DBTransactionAdapter, store: SessionStore, audit: Audit) {
  async function endings(name: AuditEventName, userId: string): Promise<Written> {
    await deletePending(adapter, userId)
    await answered(() => store.revokeAll(userId, { credentialChange: true }))
    return afterCommit(async () => {
      const event = { name, ...(await requestSigns()) }
      const ended = await answered(() => store.revokeAll(userId, { credentialChange: true, event }))
      await noted(audit, { event: name, result: 'ok', userId, ended })
    })
  }

  async function credentialsChange(userId: string): Promise<Written> {
    const state = await requestState()
    if (state.newUsers.has(userId)) return nothingMore
    const current = currentSession(changesOwnPassword)
    if (current === null || current.userId !== userId) return endings(takesPasswordAway() ? 'account-secured' : 'password-reset', userId)

    const ended = await answered(() => store.revokeOthers(current.token))
    if (ended === null) throw unauthorized()
    await deletePending(adapter, userId)
    return afterCommit(async () => {
      const event = { name: 'password-change', ...(await requestSigns()) }
      const rotated = await answered(() => store.rotate(current.token, { credentialChange: true, event }))
      // Revoked from elsewhere in this very moment: then this session does not come back either.
      const more = rotated?.ended ?? (await answered(() => store.revokeAll(userId, { credentialChange: true, event })))
      if (rotated !== null) await replaceCookies(rotated.token)
      await noted(audit, { event: 'password-change', result: 'ok', userId, sessionId: current.id, ended: ended + more })
    })
  }

  return {
    async creating(model: string, data: object): Promise<Written> {
      const isPassword = model === 'account' && hasPassword(data) && 'userId' in data
      return isPassword ? credentialsChange(String(data.userId)) : nothingMore
    },

    async created(model: string, row: unknown): Promise<void> {
      const user = model === 'user' ? identified.safeParse(row).data : undefined
      if (user !== undefined) (await requestState()).newUsers.add(user.id)
    },

    async updating(model: string, where: Where[], update: object): Promise<Written> {
      // Taken away or replaced: either way, the one that signed in does so no more.
      if (model === 'account' && 'password' in update && update.password !== undefined) {
        const accounts = await adapter.findMany<{ userId: string }>({ model, where })
        return each(new Set(accounts.map(({ userId }) => userId)), credentialsChange)
      }
      if (model !== 'user') return nothingMore
      // A link that was sent to the old address must not choose the password.
      if ('email' in update && update.email !== undefined) for (const { id } of await usersOf(where)) await deletePending(adapter, id)
      return 'banned' in update && update.banned === true ? eachUser(where, 'user-banned') : nothingMore
    },

    async deleting(model: string, where: Where[]): Promise<Written> {
      return model === 'user' ? eachUser(where, 'user-deleted') : nothingMore
    },
  }

  function usersOf(where: Where[]): Promise<{ id: string }[]> {
    return adapter.findMany<{ id: string }>({ model: 'user', where })
  }

  async function eachUser(where: Where[], name: AuditEventName): Promise<Written> {
    const users = await usersOf(where)
    return each(users.map(({ id }) => id), (id) => endings(name, id))
  }
}

/** What is left to do when the row is written. */
type Written = () => Promise<void>

const nothingMore: Written = async () => undefined

/** Outside of a transaction, better-auth does such work at once: so it is asked to only when the row is written. */
function afterCommit(work: () => Promise<void>): Written {
  return () => queueAfterTransactionHook(work)
}

async function each(userIds: Iterable<string>, end: (userId: string) => Promise<Written>): Promise<Written> {
  const ended: Written[] = []
  for (const userId of userIds) ended.push(await end(userId))
  return async () => {
    for (const written of ended) await written()
  }
}

const identified = z.object({ id: z.string() })

function hasPassword(row: object): boolean {
  return 'password' in row && typeof row.password === 'string'
}

function takesPasswordAway(): boolean {
  return tryGetCurrentAuthEndpointContext()?.path === '/secure-account'
}

/** From here, a person changes their own password. Endpoints for the server alone, such as setPassword, have no path. */
function changesOwnPassword(path: string | undefined): boolean {
  return path === '/change-password' || path === 'virtual:'
}
