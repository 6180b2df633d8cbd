import { deviceOf, type Place, type PlaceOf, shownNameOf } from '@rollcall/devices'
import type { SessionStore } from '@rollcall/session-store'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Auth } from '../accounts/auth.js'
import type { RecentAddition } from '../accounts/people/recent-additions.js'
import type { Limits } from '../limits/limits.js'
import { type HttpEnv, refuse } from './http.js'

const input = z.object({
  kind: z.enum(['reset-password', 'secure-account', 'confirm-email', 'finish-sign-up']),
  token: z.string().min(1).max(200),
})

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

/** The change of the email address that a link confirms. */
export interface MailedEmailChange {
  /** The address that the link went to. */
  readonly side: 'old' | 'new'
  /** The address that the account is to have. */
  readonly email: string
  /** The other address has confirmed it. */
  readonly isLast: boolean
  /** The browser that opens the link is signed in to this account. */
  readonly isSignedIn: boolean
}

/** The sign-up that a link finishes. */
export interface MailedSignUp {
  readonly email: string
}

interface LinkAnswer {
  readonly signIn: MailedSignIn | null
  /** The ways in that "This wasn’t me" takes away, because they were added since that sign-in. */
  readonly additions?: readonly RecentAddition[]
  readonly emailChange?: MailedEmailChange
  readonly signUp?: MailedSignUp
}

interface Dependencies {
  readonly auth: Pick<
    Auth,
    'findLink' | 'findAdditions' | 'findLinkedEmailChange' | 'findLinkedSignUp' | 'authenticate'
  >
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

  async function linkOf(kind: 'reset-password' | 'secure-account', token: string): Promise<LinkAnswer | null> {
    const link = await auth.findLink(kind, token)
    if (link === null) return null
    const { userId, deviceId } = link
    if (deviceId === null) return { signIn: null }
    return { signIn: await signInOf(userId, deviceId), additions: await auth.findAdditions({ userId, deviceId }) }
  }

  async function emailChangeOf(headers: Headers, token: string): Promise<LinkAnswer | null> {
    const change = await auth.findLinkedEmailChange(token)
    if (change === null) return null
    const { userId, side, email, isLast } = change
    const isSignedIn = (await auth.authenticate(headers))?.session.userId === userId
    return { signIn: null, emailChange: { side, email, isLast, isSignedIn } }
  }

  async function signUpOf(token: string): Promise<LinkAnswer | null> {
    const signUp = await auth.findLinkedSignUp(token)
    return signUp && { signIn: null, signUp }
  }

  function find(kind: z.infer<typeof input>['kind'], headers: Headers, token: string): Promise<LinkAnswer | null> {
    if (kind === 'confirm-email') return emailChangeOf(headers, token)
    return kind === 'finish-sign-up' ? signUpOf(token) : linkOf(kind, token)
  }

  return new Hono<HttpEnv>().post('/', async (c) => {
    const { data } = input.safeParse(await c.req.json().catch(() => null))
    if (data === undefined) return refuse(c, 'BAD_REQUEST', 'kind and token are needed')
    const { kind, token } = data
    const answer = await limits.within(
      [['reset-password:address', c.get('client')]],
      () => find(kind, c.req.raw.headers, token),
      (found) => (found === null ? 'wrong' : 'right'),
    )
    if (answer === null) return c.json({ code: 'INVALID_TOKEN', message: 'This link does not work any more' }, 400)
    return c.json(answer)
  })
}
