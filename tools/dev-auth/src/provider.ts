import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Answer, Browser } from './browser.js'
import { portOf } from './server.js'

/** A person as the provider knows them. */
interface Identity {
  readonly sub: string
  readonly email: string
  readonly email_verified: boolean
  readonly name: string
}

/** An OAuth 2 provider on a port of its own. It asks no questions: everybody is `identity`. */
export async function startProvider() {
  const grants = new Map<string, Identity>()
  const http = createServer((request, response) => {
    const json = (body: object): void => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
    if (request.url === '/userinfo') {
      const grant = grants.get(request.headers.authorization?.slice('Bearer '.length) ?? '')
      return grant ? json({ ...grant, id: grant.sub }) : void response.writeHead(401).end()
    }
    let form = ''
    request.on('data', (chunk: Buffer) => (form += chunk.toString()))
    request.on('end', () => json({ access_token: new URLSearchParams(form).get('code'), token_type: 'Bearer' }))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const origin = `http://127.0.0.1:${portOf(http.address())}`

  return {
    /** For `genericOAuth`. */
    config: {
      providerId: 'acme',
      clientId: 'client',
      clientSecret: 'secret',
      authorizationUrl: `${origin}/authorize`,
      tokenUrl: `${origin}/token`,
      userInfoUrl: `${origin}/userinfo`,
    },

    /** Starts at `path`, which leads to the provider, and follows the way back as the identity. */
    async visit(browser: Browser, identity: Identity, path = '/sign-in/social'): Promise<Answer> {
      const start = await browser.post(path, { provider: 'acme', callbackURL: '/' })
      const { body } = start
      if (typeof body !== 'object' || body === null || !('url' in body)) return start
      const state = new URL(String(body.url)).searchParams.get('state') ?? ''
      const code = randomUUID()
      grants.set(code, identity)
      return browser.get(`/callback/acme?code=${code}&state=${encodeURIComponent(state)}`)
    },

    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}
