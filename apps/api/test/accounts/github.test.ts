import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { gitHub } from '../../src/accounts/providers/github.js'

// GitHub speaks no OpenID Connect, so a server here answers as its documentation says.

const answers: Record<string, unknown> = {
  '/token': { access_token: 'token', token_type: 'bearer', scope: 'read:user,user:email' },
  '/user': { id: 7, login: 'ada', name: null, email: 'public@example.org' },
  '/emails': [
    { email: 'other@example.org', primary: false, verified: true },
    { email: 'ada@example.org', primary: true, verified: true },
  ],
}
/** Another answer than 200, with these headers, or half an answer. */
const failures: Record<string, { status: number; headers?: Record<string, string>; breaksOff?: true }> = {}
const asked: string[] = []
const http = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''} ${body}`)
    const { status = 200, headers, breaksOff } = failures[request.url ?? ''] ?? {}
    const text = JSON.stringify(answers[request.url ?? ''])
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length, ...headers })
    if (breaksOff) response.write('{', () => response.destroy())
    else response.end(text)
  })
})
let origin: string
beforeAll(async () => {
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}` // of a TCP server
})
beforeEach(() => {
  for (const path of Object.keys(failures)) delete failures[path]
  asked.length = 0
})
afterAll(() => {
  http.closeAllConnections()
  http.close()
})

const settings = {
  id: 'github',
  name: 'GitHub',
  protocol: 'github',
  issuer: 'https://github.com',
  clientId: 'id',
  clientSecret: 'secret',
} as const
const checks = { state: 'state', nonce: 'nonce', codeVerifier: 'verifier' }
const provider = () =>
  gitHub(settings, {
    issuer: origin,
    authorize: `${origin}/authorize`,
    token: `${origin}/token`,
    user: `${origin}/user`,
    emails: `${origin}/emails`,
  })
const redeem = (search: string, provedSince: Date | null = null) =>
  provider().redeem(new URL(`https://rollcall.example/provider/github?${search}`), { ...checks, provedSince })

test('the id of the account, and its primary address with whether it is verified', async () => {
  const url = await provider().authorizationUrl({ ...checks, redirectUri: 'https://rollcall.example', isProof: false })
  expect(Object.fromEntries(url.searchParams)).toMatchObject({ state: 'state', code_challenge_method: 'S256' })
  const person = await redeem(`state=state&code=abc&iss=${origin}`)
  expect(person.accountId).toBe('7')
  const [, path, body] = /^POST (\S+) {2}(\S+)$/.exec(asked[0] ?? '') ?? []
  expect(path).toBe('/token')
  expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
    grant_type: 'authorization_code',
    client_id: 'id',
    client_secret: 'secret',
    code: 'abc',
    code_verifier: 'verifier',
    redirect_uri: 'https://rollcall.example/provider/github',
  })
  expect(asked.slice(1)).toEqual(['GET /user Bearer token '])
  expect(await person.profile()).toEqual({ email: 'ada@example.org', isEmailVerified: true, name: 'ada' })
  expect(asked.slice(2)).toEqual(['GET /emails Bearer token '])
})

test.each([
  ['an error', { status: 502 }],
  ['too many requests', { status: 429 }],
  ['a limit that GitHub answers with 403', { status: 403, headers: { 'x-ratelimit-remaining': '0' } }],
  ['its other limit', { status: 403, headers: { 'retry-after': '60' } }],
  ['a challenge during an outage', { status: 503, headers: { 'www-authenticate': 'Bearer realm="GitHub"' } }],
  ['half an answer', { status: 200, breaksOff: true as const }],
])('%s is an outage of GitHub, in place of each answer', async (_, failure) => {
  const unavailable = { status: 'BAD_GATEWAY', body: { code: 'PROVIDER_UNAVAILABLE' } }
  for (const path of ['/token', '/user']) {
    failures[path] = failure
    await expect(redeem('state=state&code=abc'), path).rejects.toMatchObject(unavailable)
    delete failures[path]
  }
  const person = await redeem('state=state&code=abc')
  failures['/emails'] = failure
  await expect(person.profile(), '/emails').rejects.toMatchObject(unavailable)
})

test('addresses that GitHub does not show are no addresses, and others than it documents are an outage', async () => {
  for (const status of [403, 404]) {
    failures['/emails'] = { status, headers: { 'x-ratelimit-remaining': '59' } }
    const profile = await (await redeem('state=state&code=abc')).profile()
    expect(profile).toMatchObject({ email: null, isEmailVerified: false })
  }
  delete failures['/emails']
  const emails = answers['/emails']
  answers['/emails'] = { message: 'Hello' }
  const person = await redeem('state=state&code=abc')
  await expect(person.profile()).rejects.toMatchObject({ body: { code: 'PROVIDER_UNAVAILABLE' } })
  answers['/emails'] = emails
})

test('another state or issuer, a refusal, an error, an outage and a proof lead nowhere', async () => {
  const code = (name: string) => ({ body: expect.objectContaining({ code: name }) })
  await expect(redeem('state=other&code=abc')).rejects.toMatchObject(code('PROVIDER_ANSWER_INVALID'))
  await expect(redeem('state=state&code=abc&iss=https://other.example')).rejects.toMatchObject(
    code('PROVIDER_ANSWER_INVALID'),
  )
  await expect(redeem('state=state&error=access_denied')).rejects.toMatchObject(code('PROVIDER_DECLINED'))
  await expect(redeem('state=state&code=abc', new Date())).rejects.toMatchObject(code('PROVIDER_PROOF_REFUSED'))
  answers['/token'] = { error: 'bad_verification_code' }
  await expect(redeem('state=state&code=abc')).rejects.toMatchObject(code('PROVIDER_ANSWER_INVALID'))
  answers['/token'] = { access_token: 'token', token_type: 'bearer' }
  answers['/user'] = { message: 'Bad credentials' }
  await expect(redeem('state=state&code=abc')).rejects.toMatchObject(code('PROVIDER_UNAVAILABLE'))
  failures['/token'] = { status: 500 }
  await expect(redeem('state=state&code=abc')).rejects.toMatchObject(code('PROVIDER_UNAVAILABLE'))
})
