import { z } from 'zod'

/** A code of an authenticator app. People type it in two groups, as apps show it. */
export const totpCode = z
  .string()
  .transform((text) => text.replaceAll(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'must have six digits'))

const withCode = z.object({ code: totpCode })

/** The code in a request for `/two-factor/verify-totp`, in one spelling; `null` for a request without one. */
export function totpCodeIn(body: unknown): string | null {
  return withCode.safeParse(body).data?.code ?? null
}
