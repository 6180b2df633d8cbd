import { z } from 'zod'
import { MAX_REASON_LENGTH } from '../../administration/reason.js'

export const id = z.string().min(1).max(64)

/** For the people concerned, or for operators. */
export const reason = z.string().trim().max(MAX_REASON_LENGTH).default('')

const text = z.string().max(1_024).optional()
const time = z.iso
  .datetime()
  .transform((given) => new Date(given))
  .optional()

/** A filter as the form gives it. `parseFilter` checks the rest of each field, with words for a person. */
export const filterInput = z.strictObject({
  /** Ids or email addresses. */
  users: z.array(z.string().min(1).max(320)).max(100).optional(),
  sessions: z.array(id).max(100).optional(),
  address: text,
  country: text,
  browser: text,
  system: text,
  kind: text,
  userAgent: text,
  signedInAfter: time,
  signedInBefore: time,
  lastSeenAfter: time,
  lastSeenBefore: time,
  newDevice: z.literal(true).optional(),
  method: text,
})
