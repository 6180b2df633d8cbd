import type { GenericEndpointContext } from '@better-auth/core'
import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { EVERY_ROW } from '@rollcall/auth'
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { lockUser } from './people/lock-user.js'

interface WayIn<Path extends string, Row> {
  readonly path: Path
  readonly model: 'passkey' | 'account'
  readonly name: string
  /** Finds the row among those of the person, by the body of the request. Default: by its id. */
  readonly condition?: z.ZodType<Where>
  /** Whether a row of the model is of this kind. */
  readonly isOne: (row: Row) => boolean
  /** Whether people can sign in with it. */
  readonly signsIn: (row: Row) => boolean
  /** Ids of the providers that people can sign in with. */
  readonly providers: ReadonlySet<string>
}

const byId = z.object({ id: z.string().max(64) }).transform(({ id }): Where => ({ field: 'id', value: id }))

/**
 * `POST <path> { id }`: removes a way in of the person, but not the last one. A foreign id is answered like an unknown one. The
 * policy of `packages/auth` decides which sessions that revokes.
 */
export function removeWayIn<Path extends string, Row>({ path, condition = byId, ...wayIn }: WayIn<Path, Row>) {
  return createAuthEndpoint(
    path,
    { method: 'POST', body: condition, use: [sensitiveSessionMiddleware] },
    async (ctx) => {
      const { userId } = ctx.context.session.session
      const where = [ctx.body, { field: 'userId', value: userId }]
      await runWithTransaction(ctx.context.adapter, () => remove(ctx, userId, where, wayIn))
      return ctx.json({ status: true })
    },
  )
}

/** @throws {APIError} 404 if the person has none that meets the condition, and 400 LAST_WAY_IN. */
async function remove<Row>(
  { context }: Pick<GenericEndpointContext, 'context'>,
  userId: string,
  where: Where[],
  { model, name, isOne, signsIn, providers }: Omit<WayIn<string, Row>, 'path' | 'condition'>,
): Promise<void> {
  await lockUser(context, userId)
  const adapter = await getCurrentAdapter(context.adapter)
  const row = await adapter.findOne<Row>({ model, where })
  if (row === null || !isOne(row))
    throw new APIError('NOT_FOUND', { code: `${name.toUpperCase()}_NOT_FOUND`, message: `${name} not found` })
  if (signsIn(row) && (await countWaysIn(adapter, userId, providers)) <= 1)
    throw new APIError('BAD_REQUEST', { code: 'LAST_WAY_IN', message: 'An account must keep one way to sign in' })
  await adapter.delete({ model, where })
}

/** The password of a person. `lastUsedAt` is `null` where that is not known. */
export interface Password {
  readonly lastUsedAt: Date | null
}

interface AccountRow {
  readonly providerId: string
  readonly password?: string | null
  readonly lastUsedAt?: Date | null
}

/** @returns Null for a person without one */
export async function findPassword(
  adapter: Pick<DBTransactionAdapter, 'findMany'>,
  userId: string,
): Promise<Password | null> {
  const row = (await findAccounts(adapter, userId)).find(({ password }) => password)
  return row === undefined ? null : { lastUsedAt: row.lastUsedAt ?? null }
}

/** Passkeys, the password and linked accounts of the providers. */
async function countWaysIn(
  adapter: Pick<DBTransactionAdapter, 'count' | 'findMany'>,
  userId: string,
  providers: ReadonlySet<string>,
): Promise<number> {
  const accounts = await findAccounts(adapter, userId)
  const usable = accounts.filter(({ providerId, password }) => providers.has(providerId) || password)
  return usable.length + (await adapter.count({ model: 'passkey', where: [{ field: 'userId', value: userId }] }))
}

function findAccounts(adapter: Pick<DBTransactionAdapter, 'findMany'>, userId: string): Promise<AccountRow[]> {
  return adapter.findMany({ model: 'account', where: [{ field: 'userId', value: userId }], limit: EVERY_ROW })
}
