import { ReauthenticationRequiredError } from '@rollcall/trpc'
import type { Session } from '@rollcall/session-store'
import type { Context } from 'hono'
import type { Auth } from '../accounts/auth.js'
import type { Database } from '../accounts/database.js'
import { expectsSession, rejectOtherSession } from '../accounts/expected-session.js'
import { endpointsWithPassword, endpointsWithProof } from '../accounts/open-endpoints.js'
import type { HttpEnv } from './http.js'
import { reasonOf } from './outage-reason.js'

interface Dependencies {
  readonly auth: Pick<Auth, 'authenticate' | 'findPasswordOwner'>
  readonly isRecent: (authenticatedAt: Date) => boolean
  readonly database: Pick<Database, 'ping' | 'checkWritable'>
}

/** The session of the cookie, once it is known to be the one that the page shows. */
export interface SignedIn {
  session: Session | null
}

/**
 * @param found Gets the session.
 * @throws {OtherSessionError} If the page that sent the request shows another session.
 * @throws {ReauthenticationRequiredError} If the endpoint needs a recent proof, and the session has none.
 */
export async function requireSession(
  c: Context<HttpEnv>,
  { path, json }: { readonly path: string; readonly json: unknown },
  found: SignedIn,
  { auth, isRecent, database }: Dependencies,
): Promise<void> {
  const { headers } = c.req.raw
  const needsProof = endpointsWithProof.has(path) || endpointsWithPassword.has(path)
  if (!needsProof && !expectsSession(headers)) return
  const signedIn = await auth.authenticate(headers)
  if (signedIn === null) return // better-auth refuses it where it needs a session
  rejectOtherSession(headers, signedIn.session)
  found.session = signedIn.session
  if (!needsProof || isRecent(signedIn.session.authenticatedAt)) return
  // better-auth compares no password for an account that has none.
  const isCompared =
    endpointsWithPassword.has(path) &&
    holdsPassword(json) &&
    (await auth.findPasswordOwner(signedIn.session.userId).catch(async (error: unknown) => {
      throw await reasonOf(error, database)
    })) !== null
  if (!isCompared) throw new ReauthenticationRequiredError()
}

function holdsPassword(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'password' in json
}
