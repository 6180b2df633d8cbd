import type { SessionStore } from '@rollcall/session-store'
import { queueAfterTransactionHook, tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { APIError } from 'better-auth/api'
import { z } from 'zod'
import { type Audit, type AuditEventName, noted } from './audit.js'
import { requestState } from './request-state.js'
import { answered } from './session-adapter.js'

/**
 * What ends sessions besides their own model, seen where every endpoint and plugin must pass: in the
 * rows that it writes. A changed password hash, a ban and a deleted user end sessions, whoever asked.
 *
 * Each ending happens twice. Before the row is written, so that an outage stops the change instead of
 * leaving it half done; and after the commit, because until then the old password still signs in.
 */
export function policy(adapter: DBTransactionAdapter, store: SessionStore, audit: Audit) {
  async function endings(name: AuditEventName, userId: string): Promise<void> {
    await answered(() => store.revokeAll(userId, { credentialChange: true }))
    await queueAfterTransactionHook(async () => {
      const ended = await answered(() => store.revokeAll(userId, { credentialChange: true }))
      await noted(audit, { event: name, result: 'ok', userId, ended })
    })
  }

  async function credentialsChange(userId: string): Promise<void> {
    const state = await requestState()
    if (state.newUsers.has(userId)) return
    const current = currentSession()
    if (current === null || current.userId !== userId) return endings('password-reset', userId)

    const ended = await answered(() => store.revokeOthers(current.token))
    if (ended === null) throw new APIError('UNAUTHORIZED', { code: 'UNAUTHORIZED', message: 'Unauthorized' })
    await queueAfterTransactionHook(async () => {
      const rotated = await answered(() => store.rotate(current.token, { credentialChange: true }))
      // Revoked from elsewhere in this very moment: then this session does not come back either.
      const more = rotated?.ended ?? (await answered(() => store.revokeAll(userId, { credentialChange: true })))
      state.rotatedToken = rotated?.token ?? null
      await noted(audit, { event: 'password-change', result: 'ok', userId, sessionId: current.id, ended: ended + more })
    })
  }

  return {
    async creating(model: string, data: object): Promise<void> {
      if (model === 'account' && hasPassword(data) && 'userId' in data) await credentialsChange(String(data.userId))
    },

    async created(model: string, row: unknown): Promise<void> {
      const user = model === 'user' ? identified.safeParse(row).data : undefined
      if (user !== undefined) (await requestState()).newUsers.add(user.id)
    },

    async updating(model: string, where: Where[], update: object): Promise<void> {
      if (model === 'account' && hasPassword(update)) {
        const accounts = await adapter.findMany<{ userId: string }>({ model, where })
        for (const userId of new Set(accounts.map((account) => account.userId))) await credentialsChange(userId)
      }
      if (model === 'user' && 'banned' in update && update.banned === true) await eachUser(where, 'user-banned')
    },

    async deleting(model: string, where: Where[]): Promise<void> {
      if (model === 'user') await eachUser(where, 'user-deleted')
    },
  }

  async function eachUser(where: Where[], name: AuditEventName): Promise<void> {
    const users = await adapter.findMany<{ id: string }>({ model: 'user', where })
    for (const { id } of users) await endings(name, id)
  }
}

const identified = z.object({ id: z.string() })

function hasPassword(row: object): boolean {
  return 'password' in row && typeof row.password === 'string'
}

const ownPassword = new Set(['/change-password', '/set-password'])

/** The session that stays: the one from which a person changes their own password. */
function currentSession(): { id: string; userId: string; token: string } | null {
  const endpoint = tryGetCurrentAuthEndpointContext()
  const session = endpoint?.context.session?.session
  // Server-only endpoints, such as setPassword, have no path.
  return session && (endpoint.path === undefined || ownPassword.has(endpoint.path)) ? session : null
}
