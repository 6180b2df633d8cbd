import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { lockWaysIn, requireAnotherWayIn } from '../ways-in.js'

/**
 * `POST /provider/unlink { id }`: unlinks an account of a provider, but not the last way in. The policy of `packages/auth` decides
 * which sessions that revokes.
 *
 * @param providers ids of those that people can sign in with
 */
export function unlink(providers: ReadonlySet<string>) {
  return createAuthEndpoint(
    '/provider/unlink',
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
        const account = await adapter.findOne<{ providerId: string }>({ model: 'account', where })
        if (account === null || account.providerId === 'credential')
          throw new APIError('NOT_FOUND', { code: 'ACCOUNT_NOT_FOUND', message: 'Account not found' })
        // One of a provider that is not configured any more signs in no more.
        if (providers.has(account.providerId)) await requireAnotherWayIn(adapter, userId, providers)
        await adapter.delete({ model: 'account', where })
      })
      return ctx.json({ status: true })
    },
  )
}
