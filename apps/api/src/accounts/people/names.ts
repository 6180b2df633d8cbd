import { z } from 'zod'
import { languageInput } from './language.js'
import { timeZoneInput } from './time-zone.js'
import { VISIBLE } from './visible.js'

/** White space, marks of direction, embeddings and isolates: what copying a text leaves at its ends. Overrides are not innocent. */
const MARGIN = String.raw`[\s\p{Z}\u061C\u200E\u200F\u202A-\u202C\u2066-\u2069]`
const margins = new RegExp(`^${MARGIN}+|${MARGIN}+$`, 'gu')

/** Characters that control a terminal, break a line or turn the text around them. */
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

/**
 * A name that other people read, without its margins. Empty only if it was given as white space.
 *
 * @param max longest, in UTF-16 code units
 */
export const printableName = (max: number) =>
  z
    .string()
    .refine((text) => text.trim() === '' || VISIBLE.test(text), 'must have a character that can be seen')
    .transform((text) => text.replaceAll(margins, ''))
    .refine((text) => text.length <= max, `must have ${max} characters at most`)
    .refine((text) => !CONTROL.test(text), 'must have no control characters')

/** RFC 5321, section 4.5.3.1.3: the longest address that a mail can be sent to. */
export const MAX_EMAIL = 254
const MAX_PERSON = 100
const MAX_IMAGE = 2_048

/** Not its form, which better-auth checks. */
const email = z.string().max(MAX_EMAIL, `must have ${MAX_EMAIL} characters at most`)
/** The name of a person. */
export const personName = printableName(MAX_PERSON).refine((name) => name !== '', 'must not be empty')

/** An address that an account is to have, in the one spelling that is stored. */
export const newEmail = z
  .email('must be an email address')
  .max(MAX_EMAIL, `must have ${MAX_EMAIL} characters at most`)
  .toLowerCase()

/** Personal data in the bodies for better-auth, which would put texts into rows as they are. */
export const personalData = z.looseObject({
  name: personName.optional(),
  email: email.optional(),
  image: z.string().max(MAX_IMAGE, `must have ${MAX_IMAGE} characters at most`).nullable().optional(),
  language: languageInput.optional(),
  timeZone: timeZoneInput,
})
