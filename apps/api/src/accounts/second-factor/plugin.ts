import type { GenericEndpointContext } from '@better-auth/core'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api'
import { twoFactor } from 'better-auth/plugins/two-factor'
import { z } from 'zod'
import { guardAdditions } from '../guarded-additions.js'
import { newBackupCodes, totpCode } from './codes.js'
import { boundTrust, TRUST_SECONDS } from './trusted-devices.js'

/** How long a sign-in waits for its code, in seconds. */
const CHALLENGE_SECONDS = 10 * 60

const change = z.strictObject({ password: z.string().optional(), revokeOtherSessions: z.boolean().optional() })
const isTrusted = { trustDevice: z.boolean().optional(), revokeOtherSessions: z.boolean().optional() }

/** All that a request may hold: the rest of what better-auth understands is closed. */
const bodies = new Map<string, z.ZodType<object>>([
  ['/two-factor/enable', change],
  ['/two-factor/disable', change],
  ['/two-factor/generate-backup-codes', change],
  ['/two-factor/verify-totp', z.strictObject({ code: totpCode, ...isTrusted })],
  ['/two-factor/verify-backup-code', z.strictObject({ code: z.string().trim().max(64), ...isTrusted })],
])

/**
 * The second factor of better-auth: an authenticator app with backup codes, both encrypted in SQL. Its own lock is off: it
 * counts guesses that are made at once one by one, and limits/ counts them exactly.
 */
export function secondFactor() {
  return [
    secondFactorRules(),
    twoFactor({
      accountLockout: { enabled: false },
      backupCodeOptions: { customBackupCodesGenerate: newBackupCodes },
      allowPasswordless: true, // an account without a password proves itself otherwise: see http/auth-route.ts
      trustDeviceMaxAge: TRUST_SECONDS,
      twoFactorCookieMaxAge: CHALLENGE_SECONDS,
    }),
  ] as const
}

/** It must come before the plugin of better-auth, which reads the body as it is. */
function secondFactorRules() {
  return {
    id: 'second-factor-rules',
    init: ({ adapter }) => ({
      options: { databaseHooks: { verification: boundTrust() } },
      context: { adapter: guardAdditions(adapter, 'twoFactor', requireNone) },
    }),
    hooks: {
      before: [{ matcher: ({ path }) => bodies.has(path ?? ''), handler: createAuthMiddleware(checkBody) }],
    },
  } satisfies BetterAuthPlugin
}

/** With two secrets, the code of neither app would be sure to sign in. */
async function requireNone(rows: Pick<DBAdapter, 'count'>, { userId }: { readonly userId: string }): Promise<void> {
  if ((await rows.count({ model: 'twoFactor', where: [{ field: 'userId', value: userId }] })) > 0)
    throw new APIError('CONFLICT', {
      code: 'ENROLLMENT_UNDER_WAY',
      message: 'Another request was faster. Please try again.',
    })
}

async function checkBody(ctx: GenericEndpointContext): Promise<object | undefined> {
  const { data, error } = (bodies.get(ctx.path) ?? change).safeParse(ctx.body ?? {})
  if (error) {
    const message = error.issues
      .map(({ path, message: fault }) => `[${['body', ...path].join('.')}] ${fault}`)
      .join('; ')
    throw new APIError('BAD_REQUEST', { code: 'VALIDATION_ERROR', message })
  }
  if ('code' in data || 'password' in data) return { context: { body: data } } // merged in
  await refuseMissingPassword(ctx)
  return undefined
}

/** No guess, and so not the answer of better-auth, which would count as one. */
async function refuseMissingPassword(ctx: GenericEndpointContext): Promise<void> {
  const userId = (await getSessionFromCtx(ctx))?.user.id
  const account = userId === undefined ? null : await ctx.context.internalAdapter.findCredentialAccount(userId)
  if (account?.password)
    throw new APIError('BAD_REQUEST', { code: 'VALIDATION_ERROR', message: '[body.password] Enter your password' })
}
