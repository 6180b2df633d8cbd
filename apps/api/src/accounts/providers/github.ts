import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  Configuration,
  fetchProtectedResource,
} from 'openid-client'
import { z } from 'zod'
import type { Profile, Provider } from './provider.js'
import { TIMEOUT_SECONDS } from './provider.js'
import { refusal, rejectWithRefusal } from './refusals.js'
import type { ProviderSettings } from '../../settings/providers.js'

const addresses = {
  issuer: 'https://github.com/login/oauth', // as its answers say (RFC 9207)
  authorize: 'https://github.com/login/oauth/authorize',
  token: 'https://github.com/login/oauth/access_token',
  user: 'https://api.github.com/user',
  emails: 'https://api.github.com/user/emails',
}

const account = z.object({ id: z.int(), name: z.string().nullish(), login: z.string() })
const emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))

/**
 * GitHub speaks OAuth 2 without ID tokens. It does not say when it last checked its user, so it proves nothing again.
 *
 * @param at other URLs, for tests
 */
export function gitHub({ clientId, clientSecret }: ProviderSettings, at = addresses): Provider {
  const server = { issuer: at.issuer, authorization_endpoint: at.authorize, token_endpoint: at.token }
  const config = new Configuration(server, clientId, undefined, ClientSecretPost(clientSecret))
  config.timeout = TIMEOUT_SECONDS
  if (at.token.startsWith('http:')) allowInsecureRequests(config)

  /** @returns `undefined` where GitHub does not show this to the token. */
  async function read<T>(body: z.ZodType<T>, url: string, token: string): Promise<T | undefined> {
    const headers = new Headers({ accept: 'application/json', 'user-agent': 'rollcall' }) // GitHub wants a name
    const response = await fetchProtectedResource(config, token, new URL(url), 'GET', null, headers)
    if (isDenied(response)) return undefined
    const { data } = body.safeParse(response.ok ? await response.json().catch(() => undefined) : undefined)
    if (data === undefined) throw refusal('PROVIDER_UNAVAILABLE')
    return data
  }

  async function profileOf(person: z.infer<typeof account>, token: string): Promise<Profile> {
    const email = (await read(emails, at.emails, token))?.find(({ primary }) => primary)
    return {
      email: email?.email ?? null,
      isEmailVerified: email?.verified ?? false,
      name: person.name ?? person.login,
    }
  }

  return {
    canProve: false,

    async authorizationUrl({ redirectUri, state, codeVerifier }) {
      return buildAuthorizationUrl(config, {
        scope: 'read:user user:email',
        redirect_uri: redirectUri,
        response_type: 'code',
        state,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      })
    },

    async redeem(callback, { state, codeVerifier, provedSince }) {
      if (provedSince !== null) throw refusal('PROVIDER_PROOF_REFUSED')
      try {
        const checks = { expectedState: state, pkceCodeVerifier: codeVerifier }
        const { access_token: token } = await authorizationCodeGrant(config, callback, checks)
        const person = await read(account, at.user, token)
        if (person === undefined) throw refusal('PROVIDER_UNAVAILABLE')
        return {
          accountId: String(person.id),
          profile: () => profileOf(person, token).catch(rejectWithRefusal),
        }
      } catch (error) {
        return rejectWithRefusal(error)
      }
    },
  }
}

/** GitHub also answers 403 when its limits are reached, and says so in a header. */
function isDenied({ status, headers }: Response): boolean {
  const isLimited = headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'
  return (status === 403 && !isLimited) || status === 404
}
