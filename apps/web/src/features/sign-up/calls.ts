import { type AuthHeaders, callAuth } from '../../api/auth.js'
import { ownTimeZone } from '../../i18n/own-time-zone.js'
import type { AccountPath } from '../session/session.js'

export interface NewAccount {
  readonly name: string
  readonly password: string
}

interface Addressed {
  readonly email: string
  /** Mails to the address are written in it. */
  readonly language: string
}

/**
 * Creates an account and signs in, where the address is not confirmed.
 *
 * @param solution Of a challenge.
 * @throws {AuthFailure} With status 404 where it is.
 */
export async function signUp(input: NewAccount & Addressed, solution?: AuthHeaders): Promise<void> {
  await callAuth('/sign-up/email', { ...input, timeZone: ownTimeZone() }, solution)
}

/**
 * Sends a link to the address, which leads to the page `returnTo` in the end. An address with an account gets the same answer.
 *
 * @param solution Of a challenge.
 * @throws {AuthFailure} With status 404 where the address is not confirmed.
 */
export async function requestSignUp(
  input: Addressed & { readonly returnTo?: AccountPath },
  solution?: AuthHeaders,
): Promise<void> {
  await callAuth('/sign-up/request', { ...input }, solution)
}

/**
 * Creates the account of a link and signs in. A refusal other than INVALID_TOKEN does not use the link up.
 *
 * @throws {AuthFailure}
 */
export async function finishSignUp(
  input: NewAccount & { readonly token: string; readonly rememberMe: boolean },
): Promise<void> {
  await callAuth('/sign-up/finish', { ...input, timeZone: ownTimeZone() })
}
