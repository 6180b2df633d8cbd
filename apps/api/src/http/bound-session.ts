import { ReauthenticationRequiredError } from '@rollcall/trpc'
import type { Session } from '@rollcall/session-store'
import type { Context } from 'hono'
import type { Auth } from '../accounts/auth.js'
import type { Database } from '../accounts/database/database.js'
import { expectsSession, rejectOtherSession } from '../accounts/expected-session.js'
import { endpointsWithPassword, endpointsWithProof } from '../accounts/open-endpoints.js'
import type { HttpEnv } from './http.js'
import { outageOr } from './outage-or.js'

interface Dependencies {
  readonly auth: Pick<Auth, 'authenticate' | 'findPasswordOwner'>
  readonly isRecent: (authenticatedAt: Date) => boolean
  readonly database: Pick<Database, 'ping' | 'checkWritable'>
}

interface ChangeRequest {
  readonly path: string
  readonly json: unknown
}

const needsProof = ({ path }: ChangeRequest): boolean => endpointsWithProof.has(path) || endpointsWithPassword.has(path)

/**
 * The session of the cookie. `null` if there is none: better-auth refuses that where it needs one. Also `null` for a request that is not
 * bound to a session.
 *
 * @throws {OtherSessionError} If the page that sent the request shows another session.
 */
export async function boundSession(
  c: Context<HttpEnv>,
  request: ChangeRequest,
  { auth }: Dependencies,
): Promise<Session | null> {
  const { headers } = c.req.raw
  if (!needsProof(request) && !expectsSession(headers)) return null
  const signedIn = await auth.authenticate(headers)
  if (signedIn === null) return null
  rejectOtherSession(headers, signedIn.session)
  return signedIn.session
}

/** Throws `ReauthenticationRequiredError` if the endpoint needs a recent proof, and the session has none. */
export async function requireProof(
  request: ChangeRequest,
  session: Session | null,
  { auth, isRecent, database }: Dependencies,
): Promise<void> {
  if (session === null || !needsProof(request) || isRecent(session.authenticatedAt)) return
  // better-auth compares no password for an account that has none.
  const isCompared =
    endpointsWithPassword.has(request.path) &&
    holdsPassword(request.json) &&
    (await auth.findPasswordOwner(session.userId).catch(async (error: unknown) => {
      throw await outageOr(error, database)
    })) !== null
  if (!isCompared) throw new ReauthenticationRequiredError()
}

function holdsPassword(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'password' in json
}
