import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'
import { z } from 'zod'

/**
 * `POST /passkey/remove { id }`: removes a passkey of the person, but not their last way in. It takes the place of better-auth's
 * `/passkey/delete-passkey`, which removes the last one, and answers a foreign id in another way than an unknown one. The
 * policy of `packages/auth` decides which sessions the removal revokes.
 */
export function removePasskey() {
  return createAuthEndpoint(
    '/passkey/remove',
    { method: 'POST', body: z.object({ id: z.string().max(64) }), use: [sensitiveSessionMiddleware] },
    async (ctx) => {
      const { userId } = ctx.context.session.session
      await runWithTransaction(ctx.context.adapter, async () => {
        const adapter = await getCurrentAdapter(ctx.context.adapter)
        // One removal at a time: PostgreSQL locks the row, and SQLite has one writer.
        await adapter.update({
          model: 'user',
          where: [{ field: 'id', value: userId }],
          update: { updatedAt: new Date() },
        })
        const where = [
          { field: 'id', value: ctx.body.id },
          { field: 'userId', value: userId },
        ]
        if ((await adapter.findOne({ model: 'passkey', where })) === null)
          throw new APIError('NOT_FOUND', { code: 'PASSKEY_NOT_FOUND', message: 'Passkey not found' })
        if ((await countWaysIn(adapter, userId)) <= 1)
          throw new APIError('BAD_REQUEST', { code: 'LAST_WAY_IN', message: 'An account must keep one way to sign in' })
        await adapter.delete({ model: 'passkey', where })
      })
      return ctx.json({ status: true })
    },
  )
}

/** Passkeys, the password and linked providers. */
async function countWaysIn(adapter: DBTransactionAdapter, userId: string): Promise<number> {
  const where = [{ field: 'userId', value: userId }]
  const accounts = await adapter.findMany<{ providerId: string; password?: string | null }>({ model: 'account', where })
  const usable = accounts.filter(({ providerId, password }) => providerId !== 'credential' || password)
  return usable.length + (await adapter.count({ model: 'passkey', where }))
}
