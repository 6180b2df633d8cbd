import { z } from 'zod'
import type { MailLink } from '../accounts/people/reader.js'
import { type ReturnPath, returnPath } from '../accounts/return-path.js'
import { HOUR_MS } from '../durations.js'
import { signUpCharges } from '../limits/mail-limits.js'
import type { MailKind } from './attempt.js'
import { accountExistsMessage, finishSignUpMessage } from './messages.js'
import type { Add } from './prepare.js'

/** The part of the accounts that these mails need when they are sent. */
export interface SignUpLinks {
  /** `null` if sign-ups confirm no address any more. */
  createSignUpLink(
    email: string,
    language: string,
    returnTo: ReturnPath,
  ): Promise<(MailLink & { readonly isKnown: boolean }) | null>
}

/** Mails to addresses that somebody wants to sign up with. */
export interface SignUpMails {
  /** Does the same work whether or not an account has this address. Rejects with `MailQueueFullError`. */
  requestSignUp(this: void, email: string, language: string, returnTo: ReturnPath): Promise<void>
}

const SIGN_UP = 'sign-up'

const requestPayload = z.object({
  email: z.string(),
  language: z.string(),
  returnTo: returnPath.default('/'), // an earlier version did not ask
})

export function createSignUpMails(add: Add): SignUpMails {
  return {
    async requestSignUp(email, language, returnTo) {
      const payload = JSON.stringify({ email, language, returnTo })
      await add({ key: `${SIGN_UP}:${email}`, kind: SIGN_UP, payload, cause: 'stranger' })
    },
  }
}

export function signUpMailKinds(links: SignUpLinks, baseUrl: string): [string, MailKind][] {
  const kind: MailKind = {
    maxAgeMs: HOUR_MS, // the person who asked waits in front of the mailbox
    async compose(payload) {
      const { email, language, returnTo } = requestPayload.parse(JSON.parse(payload))
      const link = await links.createSignUpLink(email, language, returnTo)
      if (link === null) return null
      const context = { ...link, baseUrl }
      return { to: link.to, message: link.isKnown ? accountExistsMessage(context) : finishSignUpMessage(context) }
    },
    charges: signUpCharges,
  }
  return [[SIGN_UP, kind]]
}
