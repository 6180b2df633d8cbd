import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  clockSkew,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  type IDToken,
} from 'openid-client'
import type { Clock } from '@rollcall/session-store'
import { z } from 'zod'
import { type Profile, type Provider, TIMEOUT_SECONDS } from './provider.js'
import { refusal, rejectWithRefusal } from './refusals.js'
import type { ProviderSettings } from '../../settings/providers.js'

/** Between the clock of the provider and that of Redis. */
const CLOCK_TOLERANCE_MS = 30_000

/** After this time the URLs and keys of a provider are read again. */
const DISCOVERY_MS = 60 * 60_000

/** The library takes the difference between the clocks with the URLs, and tolerates 30 seconds of its own. */
const MAX_SKEW_CHANGE_SECONDS = 10

/** Entra ID says so in a claim of its own: whether the owner of the domain has verified the email address. */
const isVerified = z.union([z.literal(true), z.literal('true'), z.literal(1), z.literal('1')])

const optionalText = z.string().optional().catch(undefined)

const claimsWithEmail = z.looseObject({
  email: optionalText,
  email_verified: z.unknown().optional(),
  xms_edov: z.unknown().optional(),
  name: optionalText,
})

/**
 * A provider that speaks OpenID Connect. The signature of every ID token is verified, and its times are compared with the clock that
 * servers share.
 */
export function openIdProvider(settings: ProviderSettings, clock: Clock): Provider {
  const configuration = discovered(settings, clock)
  return {
    canProve: true,

    async authorizationUrl({ redirectUri, state, nonce, codeVerifier, isProof }) {
      const config = await configuration()
      return buildAuthorizationUrl(config, {
        scope: 'openid email profile',
        redirect_uri: redirectUri,
        response_type: 'code',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(isProof && { prompt: 'login', max_age: '0' }),
      })
    },

    async redeem(callback, { state, nonce, codeVerifier, provedSince }) {
      const config = await configuration()
      try {
        const tokens = await authorizationCodeGrant(config, callback, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: codeVerifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (claims === undefined) throw refusal('PROVIDER_ANSWER_INVALID')
        if (provedSince !== null && !hasProved(claims, provedSince)) throw refusal('PROVIDER_PROOF_REFUSED')
        const read = async () =>
          claims['email'] === undefined ? fetchUserInfo(config, tokens.access_token, claims.sub) : claims
        return {
          accountId: claims.sub,
          profile: () => read().then((said) => profileOf(claimsWithEmail.parse(said)), rejectWithRefusal),
        }
      } catch (error) {
        return rejectWithRefusal(error)
      }
    },
  }
}

function profileOf(said: z.infer<typeof claimsWithEmail>): Profile {
  return {
    email: said.email ?? null,
    isEmailVerified: isVerified.safeParse(said.email_verified).success || isVerified.safeParse(said.xms_edov).success,
    name: said.name ?? null,
  }
}

/** One lookup at a time, kept for an hour, or until the clock of this machine is put right. A failure is not kept. */
function discovered({ issuer, clientId, clientSecret }: ProviderSettings, clock: Clock): () => Promise<Configuration> {
  let found: { readonly at: number; readonly skew: number; readonly configuration: Promise<Configuration> } | undefined
  return async () => {
    const at = performance.now()
    const skew = Math.round((clock() - Date.now()) / 1_000)
    if (found !== undefined && at - found.at < DISCOVERY_MS && Math.abs(skew - found.skew) < MAX_SKEW_CHANGE_SECONDS)
      return found.configuration
    const server = new URL(issuer)
    const client = { [clockSkew]: skew }
    const configuration = discovery(server, clientId, client, ClientSecretPost(clientSecret), {
      timeout: TIMEOUT_SECONDS,
      execute: [enableNonRepudiationChecks, ...(server.protocol === 'http:' ? [allowInsecureRequests] : [])],
    }).catch(() => {
      found = undefined
      throw refusal('PROVIDER_UNAVAILABLE')
    })
    found = { at, skew, configuration }
    return configuration
  }
}

/** The provider has checked its user since the question, and not only looked at a session of its own. */
function hasProved({ auth_time: at }: IDToken, since: Date): boolean {
  return at !== undefined && at * 1_000 >= since.getTime() - CLOCK_TOLERANCE_MS
}
