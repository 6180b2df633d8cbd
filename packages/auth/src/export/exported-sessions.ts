import type { GenericEndpointContext } from '@better-auth/core'
import type { BetterAuthPlugin } from 'better-auth'
import { createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { signedCookie, replaceSigned, secretsOf } from '../cookies/cookie.js'
import { exportedTokenOf } from './exported-token.js'

/** The id of the plugin, by which `exportSessions` finds it. */
export const EXPORTED_SESSIONS = 'rollcall-exported-sessions'

/**
 * A plugin for better-auth alone, in the place of `rollcall`: cookies from before `exportSessions` sign in. Put it last. Remove it
 * once `neededUntil` of the export has passed.
 */
export function exportedSessions() {
  return {
    id: EXPORTED_SESSIONS,
    hooks: {
      before: [
        {
          matcher: () => true,
          handler: createAuthMiddleware(async (ctx): Promise<object | undefined> => {
            const cookie = cookieOfBearer(ctx) ?? withExportedTokens(ctx, ctx.headers?.get('cookie') ?? '')
            return cookie === null ? undefined : { context: { headers: new Headers({ cookie }) } } // merged in
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}

/** Plugins store our token also in other cookies, in the name of one, or in front of a colon. */
function withExportedTokens({ context }: GenericEndpointContext, cookies: string): string | null {
  return replaceSigned(cookies, secretsOf(context), (name, text) => {
    const [token = '', ...rest] = text.split(':')
    const exported = exportedTokenOf(token, context.secret)
    return exported === null ? null : [name.replace(token.toLowerCase(), exported), [exported, ...rest].join(':')]
  })
}

/** The plugin `bearer` makes this cookie of a token: of a signed one, and of one without a signature if the application lets it. */
function cookieOfBearer(ctx: GenericEndpointContext): string | null {
  const { headers, context } = ctx
  const plugin = context.getPlugin('bearer')
  const [, given = ''] = /^bearer +([^\s;]+)/i.exec(headers?.get('authorization') ?? '') ?? []
  if (plugin === null || given === '') return null
  const { name } = context.authCookies.sessionToken
  if (given.includes('.')) return withExportedTokens(ctx, `${name}=${given}`)
  const exported = bearerOptions.safeParse(plugin.options).data?.requireSignature
    ? null
    : exportedTokenOf(given, context.secret)
  return exported && signedCookie(name, exported, context.secret)
}

const bearerOptions = z.object({ requireSignature: z.boolean().optional() }).optional()
