import type { GenericEndpointContext } from '@better-auth/core'
import type { BetterAuthPlugin } from 'better-auth'
import { createAuthMiddleware } from 'better-auth/api'
import { signedCookie, replaceSigned, secretsOf } from '../cookie.js'
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
            const cookie = cookieOfBearer(ctx) ?? withExportedTokens(ctx)
            return cookie === null ? undefined : { context: { headers: new Headers({ cookie }) } } // merged in
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}

/** Plugins store our token also in other cookies, in the name of one, or in front of a colon. */
function withExportedTokens({ headers, context }: GenericEndpointContext): string | null {
  return replaceSigned(headers?.get('cookie') ?? '', secretsOf(context), (name, text) => {
    const [token = '', ...rest] = text.split(':')
    const exported = exportedTokenOf(token, context.secret)
    return exported === null ? null : [name.replace(token.toLowerCase(), exported), [exported, ...rest].join(':')]
  })
}

/** The plugin `bearer` takes a token, signed or not, and makes this cookie of it. */
function cookieOfBearer({ headers, context }: GenericEndpointContext): string | null {
  if (!context.hasPlugin('bearer')) return null
  const [, token = ''] = /^bearer +([\w-]+)/i.exec(headers?.get('authorization') ?? '') ?? []
  const exported = exportedTokenOf(token, context.secret)
  return exported && signedCookie(context.authCookies.sessionToken.name, exported, context.secret)
}
