/** A person, as a provider knows them. */
export interface Person {
  /** Never changes at the provider, unlike the email address. */
  readonly accountId: string
  /**
   * For a new account: asks the provider again where it has not said so yet. A known account needs no such answer.
   *
   * @throws {APIError} 502 PROVIDER_UNAVAILABLE, and 400 PROVIDER_ANSWER_INVALID
   */
  profile(): Promise<Profile>
}

export interface Profile {
  readonly email: string | null
  /** The provider says that the person can read mail to this address. */
  readonly isEmailVerified: boolean
  readonly name: string | null
}

/** They bind an answer to its question, and travel in an encrypted cookie. */
export interface Checks {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

export interface Provider {
  /** Whether it can check its user again, and say so. */
  readonly canProve: boolean
  /**
   * The page of the provider that asks the person. A proof makes it ask even somebody who is signed in there.
   *
   * @throws {APIError} 502 PROVIDER_UNAVAILABLE
   */
  authorizationUrl(question: Checks & { readonly redirectUri: string; readonly isProof: boolean }): Promise<URL>
  /**
   * Exchanges the code of an answer for the person.
   *
   * @param callback The URL that the provider led the browser to.
   * @throws {APIError} 502 PROVIDER_UNAVAILABLE, 400 PROVIDER_ANSWER_INVALID, and 403 PROVIDER_PROOF_REFUSED unless the
   *   provider has checked its user since `provedSince`.
   */
  redeem(callback: URL, checks: Checks & { readonly provedSince: Date | null }): Promise<Person>
}

/** A request to a provider fails after this time without an answer. */
export const TIMEOUT_SECONDS = 5

/** A member of a value of any shape. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined
}
