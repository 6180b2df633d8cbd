import { type Session, type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'

/**
 * Token to session, with its last use recorded when that is due. Only the validation decides: a session
 * that was found valid stays so when Redis, being full, cannot write down that it was seen. `strict`: past the
 * near-cache of the store, if it has one. Default: true.
 *
 * @throws {SessionStoreUnavailableError} when the validation gets no answer.
 */
export async function authenticate(
  store: SessionStore,
  token: string,
  { strict = true } = {},
): Promise<Session | null> {
  const session = await store.validate(token, { strict })
  if (session === null) return null
  try {
    await store.touch(session)
  } catch (error) {
    if (!(error instanceof SessionStoreUnavailableError)) throw error
  }
  return session
}
