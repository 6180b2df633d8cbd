import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'
import { portOf } from './server.js'

/** A person as the provider knows them. */
interface OpenIdPerson {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
}

/** The answer of the page of the provider, to the question who is there. */
interface OpenIdAnswer {
  /** `null`: the person says no. */
  person: OpenIdPerson | null
  /** Seconds since the person gave their password to the provider. */
  age: number
}

/**
 * A whole OpenID provider on a port of its own, with a page that asks no questions: everybody is `answer.person`. It keeps its own
 * session in the browser, and signs in without asking while that lasts, as providers do.
 */
export async function startOpenIdProvider() {
  const people = new Map<string, OpenIdPerson>()
  const answer: OpenIdAnswer = { person: null, age: 0 }
  const http = createServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const issuer = `http://127.0.0.1:${portOf(http.address())}`
  const client = { clientId: 'rollcall', clientSecret: randomBytes(24).toString('base64url') }
  const provider = createProvider(issuer, client, people)

  http.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void provider.callback()(request, response)
    const { person, age } = answer
    if (person !== null) people.set(person.sub, person)
    const result =
      person === null
        ? { error: 'access_denied' }
        : { login: { accountId: person.sub, ts: Math.floor(Date.now() / 1_000) - age } }
    provider
      .interactionFinished(request, response, result, { mergeWithLastSubmission: false })
      .catch(() => response.writeHead(400).end())
  })

  return {
    issuer,
    client,
    answer,

    /**
     * Follows the person from an address of this provider until it leads somewhere else, and returns that address.
     *
     * @param jar The cookies of their browser at this provider.
     */
    async visit(address: string, jar = new Map<string, string>()): Promise<URL> {
      for (let url = new URL(address); ;) {
        const response = await fetch(url, {
          redirect: 'manual',
          headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
        })
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          if (value === '') jar.delete(name)
          else jar.set(name, value)
        }
        const location = response.headers.get('location')
        if (location === null) throw new Error(`The provider answered ${response.status}: ${await response.text()}`)
        url = new URL(location, url)
        if (url.origin !== issuer) return url
      }
    },

    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}

function createProvider(
  issuer: string,
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  people: ReadonlyMap<string, OpenIdPerson>,
): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'ES256',
        redirect_uris: ['http://localhost/provider/acme'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'key', use: 'sig', alg: 'ES256' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false } },
    ttl: { AccessToken: 60, Grant: 600, IdToken: 60, Interaction: 600, Session: 600 },
    pkce: { required: () => true },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...people.get(sub), sub }) }),
    // Nobody is asked what the application may know.
    async loadExistingGrant({ oidc: { client, session } }) {
      const grant = new provider.Grant({ accountId: session?.accountId, clientId: client?.clientId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  // The port of the application is not known yet.
  provider.Client.prototype.redirectUriAllowed = (uri: string) => new URL(uri).pathname.startsWith('/provider/')
  return provider
}
