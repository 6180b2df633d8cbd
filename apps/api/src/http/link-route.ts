import { deviceOf, type Place, type PlaceOf, shownNameOf } from '@rollcall/devices'
import type { SessionStore } from '@rollcall/session-store'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Auth } from '../accounts/auth.js'
import { storeOrDatabaseFailed } from '../errors.js'
import type { Limits } from '../limits/limits.js'
import { type HttpEnv, refuse } from './http.js'

const input = z.object({ kind: z.enum(['reset-password', 'secure-account']), token: z.string().min(1).max(200) })

/** The sign-in that a mail was about. */
export interface MailedSignIn {
  readonly browser: string
  readonly os: string
  readonly name: string | null
  readonly ipAddress: string | null
  readonly place: Place | null
  /** ISO 8601. */
  readonly at: string
}

interface Dependencies {
  readonly auth: Pick<Auth, 'findLink'>
  readonly store: SessionStore
  readonly placeOf: PlaceOf
  readonly limits: Limits
}

/**
 * `POST /api/link { kind, token }`: whether the link of a mail still works, and the sign-in that it is about while that session
 * lives. It does not use the link up: programs that check mails open links, too. A wrong token counts as one of a reset.
 */
export function linkRoute({ auth, store, placeOf, limits }: Dependencies): Hono<HttpEnv> {
  async function signInOf(userId: string, deviceId: string): Promise<MailedSignIn | null> {
    const sessions = (await store.list(userId)).filter((session) => deviceOf(session)?.id === deviceId)
    const [first] = sessions.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    if (first === undefined) return null
    const { browser, os } = shownNameOf(first)
    const { ipAddress } = first
    return {
      browser,
      os,
      name: deviceOf(first)?.name ?? null,
      ipAddress,
      place: placeOf(ipAddress),
      at: first.createdAt.toISOString(),
    }
  }

  return new Hono<HttpEnv>().post('/', async (c) => {
    const { data } = input.safeParse(await c.req.json().catch(() => null))
    if (data === undefined) return refuse(c, 'BAD_REQUEST', 'kind and token are needed')
    const link = await limits.within(
      [['reset-password:address', c.get('client')]],
      () => auth.findLink(data.kind, data.token).catch(storeOrDatabaseFailed),
      (found) => (found === null ? 'wrong' : 'right'),
    )
    if (link === null) return c.json({ code: 'INVALID_TOKEN', message: 'This link does not work any more' }, 400)
    return c.json({ signIn: link.deviceId === null ? null : await signInOf(link.userId, link.deviceId) })
  })
}
