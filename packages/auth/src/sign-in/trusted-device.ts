import { timingSafeEqual } from 'node:crypto'
import type { GenericEndpointContext } from '@better-auth/core'
import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'
import type { SessionStore } from '@rollcall/session-store'
import { z } from 'zod'
import { secretsOf, signCookie, tokenFromCookie } from '../cookies/cookie.js'
import { superseded } from '../cookies/current-session.js'
import { hmac } from '../cookies/hmac.js'
import { finishSignIn } from './held-sign-in.js'
import type { Model } from '../request/model.js'
import { requestState } from '../request/request-state.js'
import { rejectUnavailable } from '../request/unavailable.js'

const trust = z.object({ identifier: z.string().startsWith('trust-device-'), value: z.string() })
const byIdentifier = z.object({ field: z.literal('identifier'), value: z.string().startsWith('trust-device-') })
const stored = z.object({ id: z.string() })
const withFactor = z.object({ twoFactorEnabled: z.literal(true) })

/**
 * The model `verification`, which trusts no device whose sign-in a change has overtaken. The row that trusts a device comes before its
 * session, or after it. A change in between deletes the rows that it finds. So a row is deleted again if its session was refused or
 * revoked, or the second factor turned off. It is there before that is looked up, so that a later change finds it.
 *
 * `create` throws an `APIError` of 409 then.
 */
export function guardTrust(
  verifications: Model,
  sql: DBTransactionAdapter,
  store: Pick<SessionStore, 'create' | 'list'>,
): Model {
  async function isTrusted(userId: string): Promise<boolean> {
    const { signedIn } = await requestState()
    const sessions = await rejectUnavailable(() => store.list(userId))
    if (!sessions.some(({ id }) => signedIn.has(id))) return false
    return withFactor.safeParse(await sql.findOne({ model: 'user', where: [{ field: 'id', value: userId }] })).success
  }

  return {
    ...verifications,
    create: async (input) => {
      const row = await verifications.create<typeof input.data, never>(input)
      const userId = trust.safeParse(input.data).data?.value
      if (userId === undefined || ((await finishSignIn(store)) && (await isTrusted(userId)))) return row
      await sql.delete({ model: 'verification', where: [{ field: 'id', value: stored.parse(row).id }] })
      throw superseded()
    },
    // The plugin has accepted this row and puts another one in its place. An outage of the store must not take both away.
    delete: async (input) => {
      const isAccepted = input.where.some((condition) => byIdentifier.safeParse(condition).success)
      if (isAccepted && !(await finishSignIn(store))) throw superseded()
      return verifications.delete(input)
    },
  }
}

/**
 * The Cookie header, which trusts a device under the current secret that an earlier one trusted. `null` if it is so already. The
 * plugin's cookie holds a second signature. The plugin verifies it with the current secret alone.
 *
 * @param cookies signed with the current secret.
 * @throws what the database fails with.
 */
export async function trustUnderCurrentSecret(
  { path, context }: GenericEndpointContext,
  cookies: string,
): Promise<string | null> {
  const [current, ...earlier] = secretsOf(context)
  if (earlier.length === 0 || !path.startsWith('/sign-in/')) return null
  const { name } = context.createAuthCookie('trust_device')
  const text = tokenFromCookie(new Headers({ cookie: cookies }), name, [current])
  const [, signature, identifier] = /^([\w-]{43})!(trust-device-[\w-]+)$/.exec(text ?? '') ?? []
  if (signature === undefined || identifier === undefined) return null
  const userId = (await context.internalAdapter.findVerificationValue(identifier))?.value
  const signatureBy = (secret: string): Buffer => Buffer.from(hmac(secret)(`${userId}!${identifier}`), 'latin1')
  const given = Buffer.from(signature, 'base64url')
  if (!earlier.some((secret) => timingSafeEqual(given, signatureBy(secret)))) return null
  return signCookie(cookies, name, `${signatureBy(current).toString('base64url')}!${identifier}`, [current])
}
