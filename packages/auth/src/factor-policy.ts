import type { SessionStore } from '@rollcall/session-store'
import { tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { z } from 'zod'
import { afterCommit, type AfterWrite, doNothing, forEachOf } from './after-write.js'
import { type Audit, type AuditEventName, auditEvent } from './audit.js'
import { currentSession, adoptToken, unauthorized } from './current-session.js'
import { EVERY_ROW } from './every-row.js'
import { setsFirstPassword } from './policy.js'
import { clientInfo, requestState } from './request-state.js'
import { revokeWithAudit } from './revocations.js'
import { unavailableError } from './unavailable.js'

/** Ways in whose rows come and go, and the events of that. */
const rowEvents: Readonly<Record<string, { readonly added: AuditEventName; readonly removed: AuditEventName }>> = {
  passkey: { added: 'passkey-added', removed: 'passkey-removed' },
  account: { added: 'account-linked', removed: 'account-unlinked' },
  walletAddress: { added: 'wallet-added', removed: 'wallet-removed' },
}

const choice = z.object({ revokeOtherSessions: z.boolean() })

/** The person may say in the body of the same request whether the other sessions end. Endpoints drop fields that they do not know. */
export async function readChoice({ body }: { readonly body?: unknown }): Promise<void> {
  await chooseOtherSessions(choice.safeParse(body).data?.revokeOtherSessions ?? null)
}

/** For an endpoint that was given the choice in an earlier request. `null`: as the policy has it. */
export async function chooseOtherSessions(revoke: boolean | null): Promise<void> {
  ;(await requestState()).revokeOtherSessions = revoke
}

/**
 * Revokes the other sessions of a person who changes how they sign in; this one stays under its id with a new secret. A removal
 * or replacement revokes them unless the request has `revokeOtherSessions: false`. An addition revokes them if the request has
 * `revokeOtherSessions: true`. Like the policy of passwords, it revokes before the row is written and after. The event of the
 * change is recorded in either case.
 */
export function factorPolicy(adapter: DBTransactionAdapter, store: SessionStore, audit: Audit) {
  async function changeFactor(userId: string, event: AuditEventName, byDefault: boolean): Promise<AfterWrite> {
    const { newUsers, endedUsers, revokeOtherSessions } = await requestState()
    if (newUsers.has(userId) || endedUsers.has(userId)) return doNothing
    await rejectFailedLookUp()
    const current = currentSession(() => true)
    const isOwn = current?.userId === userId
    // Only their own session can speak for the person and keep the others.
    if (!isOwn) return revokeOtherSessions || byDefault ? revokeAll(userId, event) : doNothing
    const endsOthers = revokeOtherSessions ?? byDefault
    const before = endsOthers ? await revokeWithAudit(() => store.revokeOthers(current.token)) : 0
    if (before === null && !byDefault) throw unauthorized() // it has ended itself, and adds nothing
    if (before === null) return revokeAll(userId, event)
    return afterCommit(async () => {
      await recordCommit(userId, event)
      const change = { credentialChange: endsOthers, event: { name: event } }
      const rotated = await revokeWithAudit(() => store.rotate(current.token, { ...change, reauthenticated: false }))
      if (rotated === null && !byDefault) throw unauthorized() // the adapter deletes what it has added
      if (rotated !== null) await adoptToken(rotated.token)
      // Revoked from elsewhere in this very moment: then it cannot keep the others either.
      const more =
        rotated?.ended ??
        (await revokeWithAudit(() => store.revokeAll(userId, { credentialChange: true, event: change.event })))
      const ended = endsOthers && { ended: before + more }
      await auditEvent(audit, { event, result: 'ok', userId, sessionId: current.id, ...ended })
    })
  }

  /** Somebody else changes it, such as an administrator, or a link that was followed in another browser. */
  async function revokeAll(userId: string, event: AuditEventName): Promise<AfterWrite> {
    const credentialChange = !clearsUnprovedAccount()
    const before = await revokeWithAudit(() => store.revokeAll(userId, { credentialChange }))
    return afterCommit(async () => {
      await recordCommit(userId, event)
      const change = { credentialChange, event: { name: event, ...(await clientInfo()) } }
      const ended = before + (await revokeWithAudit(() => store.revokeAll(userId, change)))
      await auditEvent(audit, { event, result: 'ok', userId, ended })
    })
  }

  return {
    async beforeCreate(model: string, data: object): Promise<AfterWrite> {
      const event = additionOf(model, data)
      return event === undefined || !('userId' in data) ? doNothing : changeFactor(String(data.userId), event, false)
    },

    async beforeUpdate(model: string, where: Where[], update: object): Promise<AfterWrite> {
      if (model === 'twoFactor' && 'verified' in update) (await requestState()).isEnrolling = true
      if (model === 'twoFactor' && renewsBackupCodes())
        return forEachUser(adapter, model, where, (userId) => changeFactor(userId, 'backup-codes-renewed', true))
      if (model === 'account' && 'password' in update && setsFirstPassword())
        return forEachUser(adapter, model, where, (userId) => changeFactor(userId, 'password-set', false))
      if (model !== 'user' || !('email' in update) || update.email === undefined) return doNothing
      const users = await adapter.findMany<{ id: string; email: string }>({ model, where, limit: EVERY_ROW })
      return users.every(({ email }) => email === update.email)
        ? doNothing
        : forEachUser(adapter, model, where, (userId) => changeFactor(userId, 'email-change', true))
    },

    async beforeDelete(model: string, where: Where[]): Promise<AfterWrite> {
      const event = model === 'twoFactor' ? await beforeFactorRemoval(adapter, where) : rowEvents[model]?.removed
      if (event === undefined) return doNothing
      return forEachUser(adapter, model, where, (userId) => changeFactor(userId, event, true))
    },
  }
}

/**
 * The first link or code that proves an email address takes away the ways in from before, and signs in. The watermark of a credential
 * change would refuse this sign-in too.
 */
function clearsUnprovedAccount(): boolean {
  const path = tryGetCurrentAuthEndpointContext()?.path
  return path === '/sign-in/email-otp' || path === '/magic-link/verify'
}

function additionOf(model: string, data: object): AuditEventName | undefined {
  if (model === 'account' && setsFirstPassword()) return 'password-set'
  const isPassword = 'password' in data && typeof data.password === 'string' // it has a policy of its own
  return isPassword ? undefined : rowEvents[model]?.added
}

/**
 * An application may turn the second factor off where a reset proves the email address for the first time. The reset deletes trusted
 * devices itself, and its own link is still needed. Elsewhere, an endpoint that removes a second factor records its own event.
 */
async function beforeFactorRemoval(adapter: DBTransactionAdapter, where: Where[]): Promise<AuditEventName | undefined> {
  if (tryGetCurrentAuthEndpointContext()?.path === '/reset-password') return 'second-factor-off'
  await deleteTrustedDevices(adapter, where)
  return undefined
}

/** A device that was trusted must not skip a second factor that is turned on later. Sign-ins that wait for a code end too. */
async function deleteTrustedDevices(adapter: DBTransactionAdapter, where: Where[]): Promise<void> {
  const rows = await adapter.findMany<{ userId: string }>({ model: 'twoFactor', where, limit: EVERY_ROW })
  const value = rows.map(({ userId }) => userId)
  if (value.length > 0)
    await adapter.deleteMany({ model: 'verification', where: [{ field: 'value', operator: 'in', value }] })
}

async function forEachUser(
  adapter: DBTransactionAdapter,
  model: string,
  where: Where[],
  change: (userId: string) => Promise<AfterWrite>,
): Promise<AfterWrite> {
  const rows = await adapter.findMany<{ id: string; userId?: string }>({ model, where, limit: EVERY_ROW })
  return forEachOf(new Set(rows.map((row) => row.userId ?? row.id)), change)
}

/** After an outage, new backup codes are taken back, and every other change stays. */
async function recordCommit(userId: string, event: AuditEventName): Promise<void> {
  if (event !== 'backup-codes-renewed') (await requestState()).committedFor = userId
}

/** A session that better-auth could not look up counts as none, and its person as a stranger. */
async function rejectFailedLookUp(): Promise<void> {
  const { outage, databaseError } = await requestState()
  if (outage) throw unavailableError()
  if (databaseError !== null) throw databaseError
}

function renewsBackupCodes(): boolean {
  return tryGetCurrentAuthEndpointContext()?.path === '/two-factor/generate-backup-codes'
}

/** The event of an endpoint that turns the second factor on or off, and whether the other sessions end. */
export async function secondFactorChange(
  path: string | undefined,
): Promise<{ event: AuditEventName; endsOthers: boolean }> {
  const isOff = path === '/two-factor/disable'
  const { revokeOtherSessions } = await requestState()
  return { event: isOff ? 'second-factor-off' : 'second-factor-on', endsOthers: revokeOtherSessions ?? isOff }
}
