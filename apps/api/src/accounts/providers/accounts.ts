import { runWithTransaction } from '@better-auth/core/context'
import type { GenericEndpointContext } from '@better-auth/core'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'
import { isAddressTaken } from '../people/address-taken.js'
import { isUniqueViolation } from '../database/unique-violation.js'
import { MAX_EMAIL, personName } from '../people/names.js'
import { memberOf, type Person } from './provider.js'
import { refusal } from './refusals.js'

/** A person of a provider, and which provider it is. */
export interface ProvidedPerson extends Person {
  readonly providerId: string
}

/** How mails to a new account are written. */
interface NewReader {
  readonly language: string
  readonly timeZone?: string | undefined
}

const emailAddress = z.email().max(MAX_EMAIL).toLowerCase()

/**
 * Signs in the owner of this account of the provider, or makes an account for them. Never takes an account of ours because of its
 * address: a stranger may have signed up with it, here or at the provider.
 */
export async function signIn(
  ctx: GenericEndpointContext,
  person: ProvidedPerson,
  { rememberMe, ...reader }: { readonly rememberMe: boolean } & NewReader,
): Promise<void> {
  const { internalAdapter } = ctx.context
  const account = await findAccount(ctx, person)
  const user = account === null ? await signUp(ctx, person, reader) : await internalAdapter.findUserById(account.userId)
  if (user === null) throw refusal('PROVIDER_ANSWER_INVALID')
  // better-auth refuses them too, but leads the browser to a page that does not exist.
  if (memberOf(user, 'banned') === true) throw refusal('BANNED_USER')
  const session = await internalAdapter.createSession(user.id, !rememberMe)
  await setSessionCookie(ctx, { session, user }, !rememberMe)
}

async function signUp(
  ctx: GenericEndpointContext,
  { providerId, accountId, profile }: ProvidedPerson,
  { language, timeZone }: NewReader,
) {
  const { adapter, internalAdapter } = ctx.context
  const person = await profile()
  const email = emailAddress.safeParse(person.email).data
  if (email === undefined || !person.isEmailVerified) throw refusal('PROVIDER_EMAIL_UNVERIFIED')
  if ((await internalAdapter.findUserByEmail(email)) !== null) throw refusal('ACCOUNT_NOT_LINKED')
  const name = personName.safeParse(person.name).data ?? email.slice(0, email.indexOf('@'))
  let userId: string | undefined
  const makeAccount = async () => {
    const user = await internalAdapter.createUser(
      { name, email, emailVerified: true, language, timeZone },
      { method: 'oauth', oauth: { providerId } },
    )
    userId = user.id
    await internalAdapter.createAccount({ providerId, accountId, userId })
    return user
  }
  return runWithTransaction(adapter, makeAccount).catch(async (error: unknown) => {
    const isTaken = await isAddressTaken(ctx.context, error, email, userId)
    const isLinked = isUniqueViolation(error) && (await findAccount(ctx, { providerId, accountId })) !== null
    throw isTaken || isLinked ? refusal('ACCOUNT_NOT_LINKED') : error
  })
}

/** Links the account of the provider to the user, who is signed in and has a recent proof: the caller checks both. */
export async function link(ctx: GenericEndpointContext, userId: string, person: ProvidedPerson): Promise<void> {
  const { providerId, accountId } = person
  await requireUnlinked(ctx, userId, person)
  await requireFirstOfProvider(ctx.context.adapter, { userId, providerId }) // before anything is revoked
  try {
    await ctx.context.internalAdapter.createAccount({ providerId, accountId, userId })
  } catch (error) {
    if (isUniqueViolation(error)) await requireUnlinked(ctx, userId, person) // another request was faster
    throw error
  }
}

const newAccount = z.object({ userId: z.string(), providerId: z.string() })

/** @throws {APIError} 409 if the user has an account of the provider. */
export async function requireFirstOfProvider(adapter: Pick<DBAdapter, 'count'>, row: object): Promise<void> {
  const where = Object.entries(newAccount.parse(row)).map(([field, value]) => ({ field, value }))
  if ((await adapter.count({ model: 'account', where })) > 0) throw refusal('ALREADY_LINKED')
}

async function requireUnlinked(ctx: GenericEndpointContext, userId: string, person: ProvidedPerson): Promise<void> {
  const owner = await findAccount(ctx, person)
  if (owner !== null) throw refusal(owner.userId === userId ? 'ALREADY_LINKED' : 'LINKED_TO_ANOTHER')
}

/** @throws {APIError} 403 unless the account of the provider is linked to this user. */
export async function requireOwn(ctx: GenericEndpointContext, userId: string, person: ProvidedPerson): Promise<void> {
  const account = await findAccount(ctx, person)
  if (account?.userId !== userId) throw refusal('PROVIDER_PROOF_REFUSED')
}

function findAccount(
  { context }: GenericEndpointContext,
  { providerId, accountId }: Pick<ProvidedPerson, 'providerId' | 'accountId'>,
) {
  return context.internalAdapter.findAccountByKey({ providerId, accountId })
}
