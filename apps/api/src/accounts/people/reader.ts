import { z } from 'zod'
import { type Language, languageOf } from './language.js'
import { timeZoneOf } from './time-zone.js'

/** For one mail: where it goes, whom it greets, and in which language and time zone. */
export interface Reader {
  readonly to: string
  readonly language: Language
  /** A name of the IANA database. `undefined`: not known. */
  readonly timeZone?: string | undefined
  /** One word. `undefined`: no name that is safe to say. */
  readonly name?: string | undefined
}

/** For one mail, with the page that it leads to. */
export interface MailLink extends Reader {
  readonly url: string
}

/** Columns of a user that decide how mails are written. */
export const readerFields = {
  language: { type: 'string', required: false },
  timeZone: { type: 'string', required: false },
} as const

/** SQLite has no booleans. */
const isTrue = z.union([z.literal(true), z.literal(1)])
const confirmed = z.object({ name: z.string(), emailVerified: isTrue })

/** The one word of a name that a greeting says. One of a sentence, or of an address on the web, would not be of a person. */
const FIRST_NAME = /^\p{L}[\p{L}\p{M}'’-]{0,19}(?=\s|$)/u

/**
 * The reader of mails to the address of an account. A stranger who signs up with that address chooses the name, and so does a thief.
 * A sentence in it would be one of theirs in our mail. So a mail says one word of it, to a confirmed address only.
 */
export function readerOf(user: { readonly email: string }): Reader {
  const { data } = confirmed.safeParse(user)
  const name = data && FIRST_NAME.exec(data.name)?.[0]
  return { to: user.email, language: languageOf(user), timeZone: timeZoneOf(user), name }
}
