import { z } from 'zod'

const languages = ['en', 'de'] as const

/** A language of mails. */
export type Language = (typeof languages)[number]

/** Two letters, as the page names its languages. It may have more of them than mails. */
export const languageInput = z.string().regex(/^[a-z]{2}$/, 'must have two letters')

/** English for one that mails do not have. */
export const mailLanguage = z.enum(languages).catch('en')

const user = z.object({ language: mailLanguage })

/** The language of the mails to an account. English for one that never chose, or chose one that mails do not have. */
export function languageOf(row: unknown): Language {
  return user.safeParse(row).data?.language ?? 'en'
}
