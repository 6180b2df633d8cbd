import { z } from 'zod'
import { createHash } from 'node:crypto'
import { memberOf, type Provider, TIMEOUT_SECONDS } from './provider.js'
import { refusal } from './refusals.js'
import type { ProviderSettings } from './settings.js'

const addresses = {
  authorize: 'https://github.com/login/oauth/authorize',
  token: 'https://github.com/login/oauth/access_token',
  user: 'https://api.github.com/user',
  emails: 'https://api.github.com/user/emails',
}

const tokens = z.object({ access_token: z.string() })
const account = z.object({ id: z.int(), name: z.string().nullish(), login: z.string() })
const emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))

/**
 * GitHub speaks OAuth 2 without ID tokens. It does not say when it last checked its user, so it proves nothing again.
 *
 * @param at other addresses, for tests
 */
export function gitHub({ clientId, clientSecret }: ProviderSettings, at = addresses): Provider {
  return {
    canProve: false,

    async authorizationUrl({ redirectUri, state, codeVerifier }) {
      const url = new URL(at.authorize)
      const challenge = createHash('sha256').update(codeVerifier).digest('base64url')
      for (const [name, value] of Object.entries({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'read:user user:email',
        state,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      }))
        url.searchParams.set(name, value)
      return url
    },

    async redeem(callback, { state, codeVerifier, provenSince }) {
      if (provenSince !== null) throw refusal('PROVIDER_PROOF_REFUSED')
      const { searchParams, origin, pathname } = callback
      if (searchParams.get('state') !== state) throw refusal('PROVIDER_ANSWER_INVALID')
      if (searchParams.has('error')) throw refusal('PROVIDER_DECLINED')
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        client_secret: clientSecret,
        code: searchParams.get('code') ?? '',
        redirect_uri: origin + pathname,
        code_verifier: codeVerifier,
      })
      const granted = tokens.safeParse(await ask(at.token, { method: 'POST', body }))
      if (!granted.success) throw refusal('PROVIDER_ANSWER_INVALID') // GitHub answers 200 with an error in it
      const headers = { authorization: `Bearer ${granted.data.access_token}` }
      const [user, list] = await Promise.all([ask(at.user, { headers }), ask(at.emails, { headers })])
      const person = account.safeParse(user).data
      const email = emails.safeParse(list).data?.find(({ primary }) => primary)
      if (person === undefined) throw refusal('PROVIDER_UNAVAILABLE')
      return {
        accountId: String(person.id),
        email: email?.email ?? null,
        isEmailVerified: email?.verified ?? false,
        name: person.name ?? person.login,
      }
    },
  }
}

interface Request {
  readonly method?: string
  readonly body?: URLSearchParams
  readonly headers?: Record<string, string>
}

async function ask(url: string, init: Request): Promise<unknown> {
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', 'user-agent': 'rollcall', ...init.headers },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1_000),
    })
    if (response.status >= 500) throw refusal('PROVIDER_UNAVAILABLE')
    return await response.json()
  } catch (error) {
    throw memberOf(error, 'statusCode') === undefined ? refusal('PROVIDER_UNAVAILABLE') : error
  }
}
