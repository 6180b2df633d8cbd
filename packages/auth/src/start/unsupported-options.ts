import type { HookEndpointContext } from '@better-auth/core'
import type { BetterAuthOptions, BetterAuthPlugin } from 'better-auth'
import { z } from 'zod'

/** Plugins of better-auth that would break a promise of this one, and how. */
const unsupportedPlugins: Readonly<Record<string, string>> = {
  jwt: 'its tokens stay valid after their session has ended',
  'oauth-provider': 'its tokens stay valid after their session has ended, and it looks sessions up by id in SQL',
  'one-time-token': 'it writes the session token into SQL',
  'device-authorization': 'it hands the session token out in a body',
  'oauth-popup': 'it hands the session token to the script of a page',
  electron: 'it hands the session token out in a body',
  expo: 'it writes the session cookie into a URL',
}

/** They pass finished cookies to a framework, and so come after everything else. */
const cookieForwarders = new Set([
  'next-cookies',
  'sveltekit-cookies',
  'tanstack-start-cookies',
  'tanstack-start-cookies-solid',
])

/** The plugin keeps its options to itself. Its hook runs for a request with a key only where keys are sessions. */
function makesKeysSessions({ hooks }: BetterAuthPlugin): boolean {
  const headers = { get: () => 'a key' }
  const anyKey = { headers, request: { headers, url: 'https://example.org' } }
  try {
    // The cast: the hook reads nothing else, unless the application has a getter of its own for such keys.
    return (hooks?.before ?? []).some(({ matcher }) => matcher(anyKey as unknown as HookEndpointContext))
  } catch {
    return true
  }
}

const samlLogout = z.object({ saml: z.object({ enableSingleLogout: z.literal(true) }) })

/**
 * Refuses, by name, what is known not to work beside the session store.
 *
 * @throws {Error} at the start of the application.
 */
export function rejectUnsupportedOptions({ secondaryStorage, session, plugins = [] }: BetterAuthOptions): void {
  if (secondaryStorage) throw new Error('Rollcall replaces secondaryStorage: remove it from the options')
  if (session?.cookieCache?.enabled)
    throw new Error('Rollcall asks the store on every request: disable session.cookieCache')
  for (const option of ['expiresIn', 'updateAge'] as const) {
    if (session?.[option] !== undefined) {
      throw new Error(
        `Rollcall leaves lifetimes to the store: remove session.${option} and set timeouts in createSessionStore`,
      )
    }
  }

  for (const plugin of plugins) {
    const { id, schema = {}, options } = plugin
    const reason = unsupportedPlugins[id]
    if (reason !== undefined) throw new Error(`Rollcall cannot work beside the plugin ${id}: ${reason}`)
    if (id === 'sso' && samlLogout.safeParse(options).success) {
      throw new Error(
        'Rollcall cannot work beside saml.enableSingleLogout of the plugin sso: it writes the session token into SQL',
      )
    }
    if (id === 'api-key' && makesKeysSessions(plugin)) {
      throw new Error(
        'Rollcall cannot work beside enableSessionForAPIKeys of the plugin api-key: such a key still signs in after all sessions have ended',
      )
    }
    const fields = Object.values(schema).flatMap((table) => Object.values(table.fields))
    if (fields.some(({ references }) => references?.model === 'session')) {
      throw new Error(
        `Rollcall cannot work beside the plugin ${id}: its tables refer to sessions in SQL, where there are none`,
      )
    }
  }

  const later = plugins
    .slice(plugins.findIndex(({ id }) => id === 'rollcall') + 1)
    .find(({ id }) => !cookieForwarders.has(id))
  if (later !== undefined) {
    throw new Error(`Rollcall must see what other plugins answer: put the plugin ${later.id} in front of it`)
  }
}
