import { type SessionStore, userTagOf } from '@rollcall/session-store'
import { afterCommit, type AfterWrite, doNothing, type OnChange } from './after-write.js'
import { type Audit, type AuditEventName, auditEvent } from '../audit/audit.js'
import { currentPath } from '../request/current-endpoint.js'
import { currentSession, replaceCookies, unauthorized } from '../cookies/current-session.js'
import { clientInfo, requestState } from '../request/request-state.js'
import { revokeWithAudit } from '../sessions/revocations.js'
import { currentSignInMethod } from '../request/sign-in-method.js'
import { rejectFailedLookUp } from '../request/unavailable.js'
import { undoWrites } from '../request/undo-on-outage.js'

interface Dependencies {
  readonly store: SessionStore
  readonly audit: Audit
  readonly onChange: OnChange
}

/**
 * Revokes the other sessions of a person who changes how they sign in; this one stays under its id with a new secret. A removal
 * or replacement revokes them unless the request has `revokeOtherSessions: false`. An addition revokes them if the request has
 * `revokeOtherSessions: true`. Like the policy of passwords, it revokes before the row is written and after. The event of the
 * change is recorded in either case.
 */
export function factorChanges({ store, audit, onChange }: Dependencies) {
  async function changeFactor(userId: string, event: AuditEventName, byDefault: boolean): Promise<AfterWrite> {
    const { newUsers, revokedUsers, revokeOtherSessions } = await requestState()
    if (newUsers.has(userId) || revokedUsers.has(userId)) return doNothing
    await rejectFailedLookUp()
    const current = currentSession(() => true)
    const isOwn = current?.userId === userId
    // Only their own session can speak for the person and keep the others.
    if (!isOwn)
      return revokeOtherSessions || byDefault ? revokeAll(userId, event) : (undo) => requireAsker(userId, undo)
    const revokesOthers = revokeOtherSessions ?? byDefault
    const before = await revokeWithAudit(() => revokeOthers(store, current.token, revokesOthers))
    if (before === null) throw unauthorized() // it has ended itself, and changes nothing
    return afterCommit(onChange, { event, userId }, async (undo) => {
      await recordCommit(userId, event)
      const change = { credentialChange: revokesOthers, event: { name: event } }
      const rotated = await revokeWithAudit(() => store.rotate(current.token, { ...change, reauthenticated: false }))
      if (rotated === null && !byDefault) await rejectAddition(undo)
      if (rotated === null && event === 'backup-codes-renewed') {
        await undoWrites() // nobody may read them
        throw unauthorized()
      }
      if (rotated !== null) {
        await replaceCookies(rotated.token)
        current.token = rotated.token // the endpoint may write the cookie again, or change something else
      }
      // Revoked from elsewhere in this very moment: then it cannot keep the others either.
      const more =
        rotated?.revoked ??
        (await revokeWithAudit(() => store.revokeAll(userId, { credentialChange: true, event: change.event })))
      const ended = revokesOthers && { ended: before + more }
      await auditEvent(audit, { event, result: 'ok', userId, sessionId: current.id, ...ended })
    })
  }

  /** Somebody else changes it, such as an administrator, or a link that was followed in another browser. */
  async function revokeAll(userId: string, event: AuditEventName): Promise<AfterWrite> {
    const credentialChange = !isSignIn()
    const before = await revokeWithAudit(() => store.revokeAll(userId, { credentialChange }))
    return afterCommit(onChange, { event, userId }, async () => {
      await recordCommit(userId, event)
      const change = { credentialChange, event: { name: event, ...(await clientInfo()) } }
      const ended = before + (await revokeWithAudit(() => store.revokeAll(userId, change)))
      await auditEvent(audit, { event, result: 'ok', userId, ended })
    })
  }

  /** For an addition without an event. */
  async function requireSession(undo: () => Promise<unknown>): Promise<void> {
    const current = currentSession(() => true)
    if (current !== null && (await revokeWithAudit(() => revokeOthers(store, current.token, false))) === null)
      await rejectAddition(undo)
  }

  /** The way back from a provider has no session of its own. better-auth looks up the session that asked for the link. */
  async function requireAsker(userId: string, undo: () => Promise<unknown>): Promise<void> {
    const asking = [...(await requestState()).tokens].filter((token) => token.startsWith(userTagOf(userId)))
    const alive = await revokeWithAudit(() => Promise.all(asking.map((token) => revokeOthers(store, token, false))))
    if (alive.length > 0 && alive.every((one) => one === null)) await rejectAddition(undo)
  }

  return { changeFactor, requireSession }
}

/** A session that has ended adds nothing. */
async function rejectAddition(undo: () => Promise<unknown>): Promise<never> {
  await undo()
  throw unauthorized()
}

/** `null` if the session of the token has ended. Then nothing is revoked. */
async function revokeOthers(store: SessionStore, token: string, isMeant: boolean): Promise<number | null> {
  if (isMeant) return store.revokeOthers(token)
  return (await store.validate(token, { strict: true })) === null ? null : 0
}

/**
 * A sign-in may change a way in. A link or code may prove the email address for the first time. A provider may know
 * another address. The watermark of a credential change would refuse this sign-in too. A link that changes the address signs nobody in.
 */
function isSignIn(): boolean {
  return currentSignInMethod() !== undefined && currentPath() !== '/verify-email'
}

/** After an outage, new backup codes are taken back, and every other change stays. */
async function recordCommit(userId: string, event: AuditEventName): Promise<void> {
  if (event !== 'backup-codes-renewed') (await requestState()).committedFor = userId
}
