import { z } from 'zod'

/** The pages of an account that a provider or a link leads to: no other place, and none of another site. */
export const returnPath = z.enum(['/', '/activity', '/security', '/account', '/admin'])

/** For the page to be checked against. */
export type ReturnPath = z.infer<typeof returnPath>
