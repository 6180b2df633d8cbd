import { apiKey } from '@better-auth/api-key'
import { createSessionStore, redisOptions } from '@rollcall/session-store'
import { betterAuth, type BetterAuthOptions, type BetterAuthPlugin } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { nextCookies } from 'better-auth/next-js'
import { deviceAuthorization, jwt, oauthPopup, oneTimeToken, username } from 'better-auth/plugins'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { rollcall } from '../src/index.js'
import { secret } from './helpers.js'

// The application refuses to start with an option that lets a session outlive its revocation, or its token leave the cookie.

const secondaryStorage = {
  get: () => null,
  set: () => undefined,
  delete: () => undefined,
  getAndDelete: () => null,
  increment: () => 1,
}
/** Of packages that are not installed here: only the name is looked at, and for sso the option. */
const named = (id: string, options: Record<string, unknown> = {}): BetterAuthPlugin => ({ id, options })

const refused: [string, BetterAuthOptions, RegExp][] = [
  ['secondaryStorage', { secondaryStorage }, /replaces secondaryStorage/],
  ['the cookie cache', { session: { cookieCache: { enabled: true } } }, /disable session.cookieCache/],
  ['a lifetime of its own', { session: { expiresIn: 60 } }, /remove session.expiresIn/],
  ['an update age', { session: { updateAge: 60 } }, /remove session.updateAge/],
  ['jwt', { plugins: [jwt()] }, /plugin jwt: its tokens stay valid/],
  ['oneTimeToken', { plugins: [oneTimeToken()] }, /plugin one-time-token: it writes/],
  ['deviceAuthorization', { plugins: [deviceAuthorization()] }, /plugin device-authorization: it hands/],
  ['oauthPopup', { plugins: [oauthPopup()] }, /plugin oauth-popup: it hands/],
  ['the OAuth provider', { plugins: [named('oauth-provider')] }, /plugin oauth-provider: its tokens/],
  ['Expo', { plugins: [named('expo')] }, /plugin expo: it writes/],
  ['Electron', { plugins: [named('electron')] }, /plugin electron: it hands/],
  [
    'API keys that are sessions',
    { plugins: [apiKey({ enableSessionForAPIKeys: true })] },
    /enableSessionForAPIKeys of the plugin api-key: such a key still signs in/,
  ],
  [
    'API keys that are sessions, found by the application',
    { plugins: [apiKey({ enableSessionForAPIKeys: true, customAPIKeyGetter: ({ request }) => request?.url ?? null })] },
    /enableSessionForAPIKeys of the plugin api-key/,
  ],
  [
    'API keys that are sessions, found in a way that needs a whole request',
    { plugins: [apiKey({ enableSessionForAPIKeys: true, customAPIKeyGetter: (ctx) => ctx.body.key as string })] },
    /enableSessionForAPIKeys of the plugin api-key/,
  ],
  [
    'API keys that are sessions, in one of several configurations',
    { plugins: [apiKey([{ configId: 'a' }, { configId: 'b', enableSessionForAPIKeys: true }])] },
    /enableSessionForAPIKeys of the plugin api-key/,
  ],
  [
    'SAML logout',
    { plugins: [named('sso', { saml: { enableSingleLogout: true } })] },
    /saml.enableSingleLogout of the plugin sso/,
  ],
  [
    'a plugin of anyone whose tables refer to sessions',
    {
      plugins: [
        {
          id: 'notes',
          schema: {
            note: { fields: { sessionId: { type: 'string', references: { model: 'session', field: 'id' } } } },
          },
        },
      ],
    },
    /plugin notes: its tables refer to sessions/,
  ],
]

// None gets as far as asking Redis.
const redis = new Redis({ ...redisOptions, lazyConnect: true })
const ours = rollcall({ store: createSessionStore({ redis }) })

function start(options: BetterAuthOptions) {
  const database = memoryAdapter({ user: [], session: [], account: [], verification: [] })
  return betterAuth({ baseURL: 'http://localhost', secret, database, logger: { disabled: true }, ...options }).$context
}

test.each(refused)('%s', async (_, options, message) => {
  await expect(start({ ...options, plugins: [...(options.plugins ?? []), ours] })).rejects.toThrow(message)
})

test('a plugin that comes after ours, whose answers we would not see', async () => {
  await expect(start({ plugins: [ours, username()] })).rejects.toThrow(/put the plugin username in front/)
})

test('nothing else: what only passes cookies on comes last, single sign-on without SAML logout, and keys that are no sessions', async () => {
  const sameOption = named('of-ours', { saml: { enableSingleLogout: true } })
  const before = [named('sso', { saml: {} }), sameOption, apiKey(), username()]
  for (const forwarder of ['sveltekit-cookies', 'tanstack-start-cookies', 'tanstack-start-cookies-solid']
    .map((id) => named(id))
    .concat(nextCookies())) {
    const context = await start({ plugins: [...before, ours, forwarder] })
    expect(context.sessionConfig.expiresIn).toBe(30 * 24 * 60 * 60)
  }
})

test('onNewDevice, where people could lose their password and not choose a new one', async () => {
  const plugins = [rollcall({ store: createSessionStore({ redis }), onNewDevice: async () => undefined })]
  await expect(start({ plugins, emailAndPassword: { enabled: true } })).rejects.toThrow(/sendResetPassword beside/)
  const sendResetPassword = async () => undefined
  for (const emailAndPassword of [undefined, { enabled: false }, { enabled: true, sendResetPassword }])
    await expect(start({ plugins, ...(emailAndPassword && { emailAndPassword }) })).resolves.toBeDefined()
})
