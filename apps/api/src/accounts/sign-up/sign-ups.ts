import type { AuthContext } from '@better-auth/core'
import { type MailLink, readerOf } from '../people/reader.js'
import { languageOf } from '../people/language.js'
import type { ReturnPath } from '../return-path.js'
import { createSignUpToken, findSignUpEmail } from './links.js'

/** Sign-ups whose email address is confirmed before the account exists. Each operation rejects with what the database fails with. */
export interface SignUps {
  /** `false`: a sign-up signs in at once, and there are no links. */
  readonly confirmsAddress: boolean
  /**
   * For the mail to an address that somebody wants to sign up with. `isKnown`: an account has it. Then the link leads to the
   * page that was asked for, or to the sign-in page. Otherwise it works once, for an hour. `null` if sign-ups confirm no address.
   *
   * @param language two letters
   * @param returnTo the page after the sign-up
   */
  createSignUpLink(
    email: string,
    language: string,
    returnTo: ReturnPath,
  ): Promise<(MailLink & { readonly isKnown: boolean }) | null>
  /** The address that a link confirms; the link is not used up. `null` for one that is unknown, used or expired. */
  findLinkedSignUp(token: string): Promise<{ readonly email: string } | null>
}

type Rows = Pick<AuthContext, 'internalAdapter'>

interface Options {
  readonly baseUrl: string
  readonly confirmsAddress: boolean
}

export function signUpsOf(rows: Rows, { baseUrl, confirmsAddress }: Options): SignUps {
  const { internalAdapter } = rows
  return {
    confirmsAddress,

    async createSignUpLink(email, language, returnTo) {
      if (!confirmsAddress) return null
      const owner = await internalAdapter.findUserByEmail(email)
      if (owner !== null) {
        const page = new URL(returnTo === '/' ? '/sign-in' : returnTo, baseUrl)
        return { ...readerOf(owner.user), url: page.href, isKnown: true }
      }
      const url = new URL('/finish-sign-up', baseUrl)
      url.searchParams.set('token', await createSignUpToken(internalAdapter, email, language))
      if (returnTo !== '/') url.searchParams.set('returnTo', returnTo)
      return { to: email, language: languageOf({ language }), url: url.href, isKnown: false }
    },

    findLinkedSignUp: async (token) => (confirmsAddress ? findLinkedSignUp(rows, token) : null),
  }
}

/** `null` also if an account has the address by now. */
export async function findLinkedSignUp({ internalAdapter }: Rows, token: string): Promise<{ email: string } | null> {
  const email = await findSignUpEmail(internalAdapter, token)
  return email === null || (await internalAdapter.findUserByEmail(email)) !== null ? null : { email }
}
