import { retiredPasswordOf, secureAccountIdentifier, userIdInSecureAccountValue } from '@rollcall/auth'
import type { GenericEndpointContext } from '@better-auth/core'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { DAY_MS } from '../../durations.js'
import { languageInput } from '../people/language.js'
import { timeZoneInput } from '../people/time-zone.js'
import { removePassword } from './remove.js'
import { setPassword } from './set-password.js'
import { type Passwords, passwordState, passwordError, requireAcceptable, siteWords } from './passwords.js'

/** How long a password that was taken away cannot be chosen again, in milliseconds. */
const RETIRED_MS = 365 * DAY_MS

/** A password that a request without a session chooses. */
interface Choice {
  readonly password: string
  /** Texts of the person that a guesser knows. */
  readonly own: readonly string[]
  readonly oldHashes: readonly string[]
}

/** All that a sign-up may hold. The endpoint reads its body only after the hooks, when the password is hashed. */
const signUp = z.strictObject({
  email: z.email(),
  name: z.string(),
  password: z.string(),
  image: z.string().optional(),
  callbackURL: z.string().optional(),
  rememberMe: z.boolean().optional(),
  language: languageInput.optional(),
  timeZone: timeZoneInput,
})
const change = z.object({ currentPassword: z.string(), newPassword: z.string() })
/** The endpoint takes the token from the query when the body has none, or an empty one. */
const reset = z.object({
  body: z.object({ newPassword: z.string(), token: z.string().optional() }),
  query: z.object({ token: z.string().optional() }).optional(),
})
const secure = z.object({ token: z.string() })

/**
 * `null` for a reset that does not parse or has no valid token. The endpoint refuses it.
 *
 * @throws {APIError} 400 for a sign-up that does not parse.
 */
async function readChoice(ctx: GenericEndpointContext): Promise<Choice | null> {
  if (ctx.path === '/sign-up/email') {
    const { data, error } = signUp.safeParse(ctx.body)
    if (error) throw validationError(error)
    return { password: data.password, own: [data.email, data.name], oldHashes: [] }
  }
  const { data } = reset.safeParse(ctx)
  const token = data?.body.token || data?.query?.token // the same choice as in better-auth's endpoint
  const { internalAdapter } = ctx.context
  const row = token ? await internalAdapter.findVerificationValue(`reset-password:${token}`) : null
  const user = row && row.expiresAt > new Date() ? await internalAdapter.findUserById(row.value) : null
  return data && user
    ? { password: data.body.newPassword, own: [user.email, user.name], oldHashes: await oldHashes(ctx, user.id) }
    : null
}

/** In the form of better-auth's own. */
function validationError({ issues }: z.ZodError): APIError {
  const message = issues.map((issue) => `[${['body', ...issue.path].join('.')}] ${issue.message}`).join('; ')
  return new APIError('BAD_REQUEST', { code: 'VALIDATION_ERROR', message })
}

/**
 * The rules for new passwords, a first password for accounts without one, its removal, and the renewal of old hashes. It must come before the
 * plugin `rollcall`. A renewed hash goes to SQL past the policy, because it is no new credential.
 *
 * @param providers The ids of those that people can sign in with.
 */
export function passwordRules(passwords: Passwords, providers: ReadonlySet<string>) {
  let sql: DBAdapter
  return {
    id: 'password-rules',
    endpoints: { setFirstPassword: setPassword(passwords), removePassword: removePassword(providers) },
    init(context) {
      sql = context.adapter
    },
    hooks: {
      before: [
        { matcher: ({ path }) => path === '/change-password', handler: createAuthMiddleware(refuseSamePassword) },
        {
          matcher: ({ path }) => path === '/sign-up/email' || path === '/reset-password',
          handler: createAuthMiddleware((ctx) => checkChoice(ctx, passwords)),
        },
        { matcher: ({ path }) => path === '/secure-account', handler: createAuthMiddleware(retirePassword) },
      ],
      after: [{ matcher: () => true, handler: createAuthMiddleware((ctx) => renewHashes(ctx, sql)) }],
    },
  } satisfies BetterAuthPlugin
}

/** @throws {APIError} 400 when the new password is the current one. */
async function refuseSamePassword({ body }: GenericEndpointContext): Promise<void> {
  const { data } = change.safeParse(body)
  if (data && data.newPassword.normalize('NFKC') === data.currentPassword.normalize('NFKC'))
    throw passwordError('PASSWORD_REUSED')
}

/** @throws {APIError} 400 for a password that is easily guessed, or was used before. */
async function checkChoice(ctx: GenericEndpointContext, passwords: Passwords): Promise<void> {
  const choice = await readChoice(ctx)
  const { minPasswordLength, maxPasswordLength } = ctx.context.password.config
  // The endpoint refuses these lengths.
  if (choice === null || choice.password.length < minPasswordLength || choice.password.length > maxPasswordLength)
    return
  const { password } = choice
  await requireAcceptable(password, [...choice.own, ...siteWords(ctx.context)])
  for (const hash of choice.oldHashes)
    if (await passwords.verify({ hash, password })) throw passwordError('PASSWORD_REUSED')
  const state = await passwordState()
  state.chosen = { password, hash: null }
  // A sign-up would hash within its transaction, and nobody else could write meanwhile.
  if (ctx.path === '/sign-up/email') state.chosen = { password, hash: await passwords.hash(password) }
}

/** Remembers the hash of the password that "This wasn’t me" is about to remove. */
async function retirePassword({ body, context: { internalAdapter } }: GenericEndpointContext): Promise<void> {
  const { data } = secure.safeParse(body)
  const row = data && (await internalAdapter.findVerificationValue(secureAccountIdentifier(data.token)))
  const userId = row && row.expiresAt > new Date() ? userIdInSecureAccountValue(row.value) : null
  const hash = userId === null ? null : (await internalAdapter.findCredentialAccount(userId))?.password
  if (userId === null || !hash) return
  // Before the password is removed: if the request fails after that, its repetition finds none.
  const expiresAt = new Date(Date.now() + RETIRED_MS)
  await internalAdapter.createVerificationValue({ identifier: retiredPasswordOf(userId), value: hash, expiresAt })
}

/** Stores the hashes that this request renewed, in place of the old ones. */
async function renewHashes({ context }: GenericEndpointContext, sql: DBAdapter): Promise<void> {
  const userId = (context.newSession ?? context.session)?.user.id
  if (userId === undefined) return
  for (const [old, renewed] of (await passwordState()).renewed) {
    await renewHash(sql, userId, old, renewed).catch(() => {
      context.logger.error('A password hash could not be renewed')
    })
  }
}

/** The password keeps its date, so devices that have signed in since then stay known. */
async function renewHash(sql: DBAdapter, userId: string, old: string, renewed: string): Promise<void> {
  // Only where the old hash still stands: a password that changed meanwhile does not come back.
  const where = [
    { field: 'userId', value: userId },
    { field: 'password', value: old },
  ]
  const account = await sql.findOne<{ updatedAt: Date }>({ model: 'account', where })
  if (account === null) return
  await sql.updateMany({ model: 'account', where, update: { password: renewed, updatedAt: account.updatedAt } })
}

/** The hashes of the person's password, and of the one that "This wasn’t me" removed. */
async function oldHashes({ context: { internalAdapter } }: GenericEndpointContext, userId: string): Promise<string[]> {
  const [account, retired] = [
    await internalAdapter.findCredentialAccount(userId),
    await internalAdapter.findVerificationValue(retiredPasswordOf(userId)),
  ]
  return [account?.password, retired?.value].filter((hash) => typeof hash === 'string')
}
