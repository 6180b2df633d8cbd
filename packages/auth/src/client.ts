import type { BetterAuthClientPlugin } from 'better-auth/client'
import type { rollcall } from './plugin.js'

/** After these, better-auth's `useSession` asks for the session again. */
const changesSession = new Set(['/reauthenticate', '/secure-account'])

/**
 * The plugin `rollcall` in better-auth's client: types and methods of its endpoints, and a session that stays up to date.
 *
 * @example
 * const authClient = createAuthClient({ plugins: [rollcallClient()] })
 * await authClient.reauthenticate({ password })
 */
export function rollcallClient() {
  return {
    id: 'rollcall',
    // The cast: better-auth reads the type alone. Nothing of the server is part of a page.
    $InferServerPlugin: {} as ReturnType<typeof rollcall>,
    atomListeners: [{ matcher: (path: string) => changesSession.has(path), signal: '$sessionSignal' }],
  } satisfies BetterAuthClientPlugin
}
