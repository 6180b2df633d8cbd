import type { SessionStore } from '@rollcall/session-store'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { z } from 'zod'
import { afterCommit, type AfterWrite, doNothing, forEachOf, type OnChange } from './after-write.js'
import type { Audit, AuditEventName } from '../audit/audit.js'
import { currentPath } from '../request/current-endpoint.js'
import { EVERY_ROW } from '../request/every-row.js'
import { factorChanges } from './factor-changes.js'
import { setsFirstPassword } from './policy.js'
import { requestState } from '../request/request-state.js'
import { runningOr } from '../request/transaction.js'

/** Ways in whose rows come and go, and the events of that. A row of `account` is removed as `accountRemovals` says. */
const rowEvents: Readonly<Record<string, { readonly added: AuditEventName; readonly removed?: AuditEventName }>> = {
  passkey: { added: 'passkey-added', removed: 'passkey-removed' },
  account: { added: 'account-linked' },
  walletAddress: { added: 'wallet-added', removed: 'wallet-removed' },
}

/** Ways in that revoke no session, and leave no event. */
const withoutEvent: ReadonlySet<string> = new Set(['apikey', 'ssoProvider'])

const choice = z.object({ revokeOtherSessions: z.boolean() })

/** The person may say in the body of the same request whether the others are revoked. Endpoints drop fields that they do not know. */
export async function readChoice({ body }: { readonly body?: unknown }): Promise<void> {
  const given = choice.safeParse(body).data
  if (given !== undefined) await chooseOtherSessions(given.revokeOtherSessions)
}

/** For an endpoint that was given the choice in an earlier request. `null`: as the policy has it. */
export async function chooseOtherSessions(revoke: boolean | null): Promise<void> {
  ;(await requestState()).revokeOtherSessions = revoke
}

/** Decides which rows are ways in, and whether they are added, replaced or removed. */
export function factorPolicy(
  adapter: DBTransactionAdapter,
  committed: DBTransactionAdapter,
  dependencies: { readonly store: SessionStore; readonly audit: Audit; readonly onChange: OnChange },
) {
  const { changeFactor, requireSession } = factorChanges(dependencies)
  /** Nothing stood there before. Somebody else may have written since. */
  const takeBack = (model: string, ofUser: Where, field: string, update: object) => () =>
    runningOr(committed).updateMany({
      model,
      where: [ofUser, { field, value: String(valueOf(update, field)) }],
      update: { [field]: null },
    })

  return {
    async beforeCreate(model: string, data: object): Promise<AfterWrite> {
      if (withoutEvent.has(model)) return requireSession
      const event = additionOf(model, data)
      return event === undefined || !('userId' in data) ? doNothing : changeFactor(String(data.userId), event, false)
    },

    async beforeUpdate(model: string, where: Where[], update: object): Promise<AfterWrite> {
      if (model === 'twoFactor' && 'verified' in update) (await requestState()).isEnrolling = true
      if (model === 'twoFactor' && renewsBackupCodes())
        return forEachUser(adapter, model, where, (userId) => changeFactor(userId, 'backup-codes-renewed', true))
      if (model === 'account' && 'password' in update && setsFirstPassword())
        return forEachUser(adapter, model, where, async (userId) =>
          unlessOver(
            await changeFactor(userId, 'password-set', false),
            takeBack(model, { field: 'userId', value: userId }, 'password', update),
          ),
        )
      if (model !== 'user') return doNothing
      // The session that better-auth makes next revokes the others, and records the event.
      if (switchesSecondFactor(update)) {
        const { event } = await secondFactorChange()
        return forEachUser(adapter, model, where, async (userId) =>
          afterCommit(dependencies.onChange, { event, userId }),
        )
      }
      const changed = await changedContacts(adapter, where, update)
      return forEachOf(changed, async ({ userId, field, event, isReplaced }) =>
        unlessOver(
          await changeFactor(userId, event, isReplaced),
          takeBack(model, { field: 'id', value: userId }, field, update),
        ),
      )
    },

    async beforeDelete(model: string, where: Where[]): Promise<AfterWrite> {
      if (model === 'account')
        return forEachOf(await accountRemovals(adapter, where), ({ userId, event }) =>
          changeFactor(userId, event, true),
        )
      const event = model === 'twoFactor' ? await beforeFactorRemoval(adapter, where) : rowEvents[model]?.removed
      if (event === undefined) return doNothing
      return forEachUser(adapter, model, where, (userId) => changeFactor(userId, event, true))
    },
  }
}

/** Takes back what the session added, if it has ended. */
function unlessOver(afterWrite: AfterWrite, undo: () => Promise<unknown>): AfterWrite {
  return () => afterWrite(undo)
}

function additionOf(model: string, data: object): AuditEventName | undefined {
  if (model === 'account' && setsFirstPassword()) return 'password-set'
  const isPassword = 'password' in data && typeof data.password === 'string' // it has a policy of its own
  return isPassword ? undefined : rowEvents[model]?.added
}

/** Codes and links to them sign in. */
const contacts = { email: 'email-change', phoneNumber: 'phone-number-change' } as const

interface ChangedContact {
  readonly userId: string
  readonly field: string
  readonly event: AuditEventName
  /** The first phone number replaces none. */
  readonly isReplaced: boolean
}

async function changedContacts(
  adapter: DBTransactionAdapter,
  where: Where[],
  update: object,
): Promise<ChangedContact[]> {
  const given = Object.entries(contacts).filter(([field]) => valueOf(update, field) !== undefined)
  if (given.length === 0) return []
  const users = await adapter.findMany<{ id: string }>({ model: 'user', where, limit: EVERY_ROW })
  return users.flatMap((user) =>
    given
      .filter(([field]) => (valueOf(user, field) ?? null) !== valueOf(update, field))
      .map(([field, event]) => ({ userId: user.id, field, event, isReplaced: Boolean(valueOf(user, field)) })),
  )
}

function valueOf(row: object, field: string): unknown {
  return Object.entries(row).find(([name]) => name === field)?.[1]
}

/** A row of the model `account` is a linked provider, or the password. */
async function accountRemovals(
  adapter: DBTransactionAdapter,
  where: Where[],
): Promise<{ userId: string; event: AuditEventName }[]> {
  const rows = await adapter.findMany<{ userId: string; password?: string | null }>({
    model: 'account',
    where,
    limit: EVERY_ROW,
  })
  const usersOf = (isPassword: boolean): string[] => [
    ...new Set(rows.filter(({ password }) => Boolean(password) === isPassword).map(({ userId }) => userId)),
  ]
  const [withPassword, withProvider] = [usersOf(true), usersOf(false)]
  await deletePendingSignIns(adapter, withPassword)
  return [
    ...withPassword.map((userId) => ({ userId, event: 'password-removed' as const })),
    ...withProvider.map((userId) => ({ userId, event: 'account-unlinked' as const })),
  ]
}

/**
 * An application may turn the second factor off where a reset proves the email address for the first time. The reset deletes trusted
 * devices itself, and its own link is still needed. "This wasn’t me" takes away one that was turned on since. Any other endpoint that
 * removes a second factor records its own event.
 */
async function beforeFactorRemoval(adapter: DBTransactionAdapter, where: Where[]): Promise<AuditEventName | undefined> {
  if (currentPath() === '/reset-password') return 'second-factor-off'
  const rows = await adapter.findMany<{ userId: string }>({ model: 'twoFactor', where, limit: EVERY_ROW })
  await deletePendingSignIns(
    adapter,
    rows.map(({ userId }) => userId),
  )
  return currentPath() === '/secure-account' ? 'second-factor-off' : undefined
}

/**
 * Deletes trusted devices, sign-ins that wait for a code, and reset links. A trusted device must not skip a second factor that is
 * turned on later, and a link must not choose another password. The links about new devices stay: a thief would remove them.
 */
async function deletePendingSignIns(adapter: DBTransactionAdapter, userIds: string[]): Promise<void> {
  if (userIds.length === 0) return
  const where = [{ field: 'value', operator: 'in' as const, value: userIds }]
  await adapter.deleteMany({ model: 'verification', where })
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

function switchesSecondFactor(update: object): boolean {
  return 'twoFactorEnabled' in update && (currentPath()?.startsWith('/two-factor/') ?? false)
}

function renewsBackupCodes(): boolean {
  return currentPath() === '/two-factor/generate-backup-codes'
}

/** The event of an endpoint that turns the second factor on or off, and whether the other sessions are revoked. */
export async function secondFactorChange(): Promise<{ event: AuditEventName; revokesOthers: boolean }> {
  const isOff = currentPath() === '/two-factor/disable'
  const { revokeOtherSessions } = await requestState()
  return { event: isOff ? 'second-factor-off' : 'second-factor-on', revokesOthers: revokeOtherSessions ?? isOff }
}
