import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { lockWaysIn, requireAnotherWayIn } from '../ways-in.js'

/**
 * `POST /passkey/remove { id }`: removes a passkey of the person, but not their last way in. It takes the place of better-auth's
 * `/passkey/delete-passkey`, which removes the last one, and answers a foreign id in another way than an unknown one. The
 * policy of `packages/auth` decides which sessions the removal revokes.
 *
 * @param providers ids of those that people can sign in with
 */
export function removePasskey(providers: ReadonlySet<string>) {
  return createAuthEndpoint(
    '/passkey/remove',
    { method: 'POST', body: z.object({ id: z.string().max(64) }), use: [sensitiveSessionMiddleware] },
    async (ctx) => {
      const { userId } = ctx.context.session.session
      await runWithTransaction(ctx.context.adapter, async () => {
        const adapter = await getCurrentAdapter(ctx.context.adapter)
        await lockWaysIn(adapter, userId)
        const where = [
          { field: 'id', value: ctx.body.id },
          { field: 'userId', value: userId },
        ]
        if ((await adapter.findOne({ model: 'passkey', where })) === null)
          throw new APIError('NOT_FOUND', { code: 'PASSKEY_NOT_FOUND', message: 'Passkey not found' })
        await requireAnotherWayIn(adapter, userId, providers)
        await adapter.delete({ model: 'passkey', where })
      })
      return ctx.json({ status: true })
    },
  )
}
