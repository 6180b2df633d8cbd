import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { Answer, Browser } from './browser.js'

// A software authenticator: WebAuthn without attestation, one key on P-256.

/** Flags of the authenticator data: user present, user verified; for a registration also attested credential data. */
const PRESENT = 0x01
const VERIFIED = 0x04
const ATTESTED = 0x40
/** COSE: key type EC2, algorithm ES256, curve P-256. */
const [EC2, ES256, P256] = [2, -7, 1]

const base64url = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64url')
const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest()

type Cbor = number | string | Buffer | Map<number | string, Cbor>

function cbor(value: Cbor): Buffer {
  const head = (major: number, n: number): Buffer =>
    n < 24
      ? Buffer.of((major << 5) | n)
      : n < 256
        ? Buffer.of((major << 5) | 24, n)
        : Buffer.of((major << 5) | 25, n >> 8, n & 255)
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, held]) => [cbor(key), cbor(held)])])
}

function coseOf(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return cbor(
    new Map<number, Cbor>([
      [1, EC2],
      [3, ES256],
      [-1, P256],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  )
}

/** The attestation object that attests nothing. */
function withoutAttestation(authData: Buffer): Buffer {
  return cbor(
    new Map<string, Cbor>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', authData],
    ]),
  )
}

type Requests = Pick<Browser, 'get' | 'post'>

/**
 * One passkey, and the ceremonies of its owner's browser.
 *
 * @param owner whether it asks for their face, finger or code, read at each use. Default: it does.
 */
export function createPasskey(origin: string, owner: { isVerified: boolean } = { isVerified: true }) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(16)
  const rpIdHash = sha256(new URL(origin).hostname)
  let uses = 0

  const clientDataOf = (type: string, challenge: string): string => JSON.stringify({ type, challenge, origin })

  function authenticatorData(more = 0): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE((uses += 1))
    const flags = PRESENT | (owner.isVerified ? VERIFIED : 0) | more
    return Buffer.concat([rpIdHash, Buffer.of(flags), counter])
  }

  function attestation(): Buffer {
    const length = Buffer.of(0, id.length)
    const credential = Buffer.concat([Buffer.alloc(16), length, id, coseOf(publicKey)])
    return withoutAttestation(Buffer.concat([authenticatorData(ATTESTED), credential]))
  }

  const credential = (response: object) => ({
    id: base64url(id),
    rawId: base64url(id),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  })

  return {
    id: base64url(id),

    /** Adds it to the account that the browser is signed in to. */
    async register(browser: Requests, more: object = {}): Promise<Answer> {
      const options = await browser.get('/passkey/generate-register-options')
      if (options.status !== 200) return options
      const clientData = clientDataOf('webauthn.create', challengeIn(options))
      const response = credential({
        clientDataJSON: base64url(clientData),
        attestationObject: base64url(attestation()),
        transports: ['internal'],
      })
      return browser.post('/passkey/verify-registration', { response, ...more })
    },

    /** Signs in with it. */
    async signIn(browser: Requests, more: object = {}): Promise<Answer> {
      const clientData = clientDataOf(
        'webauthn.get',
        challengeIn(await browser.get('/passkey/generate-authenticate-options')),
      )
      const data = authenticatorData()
      const signature = sign('sha256', Buffer.concat([data, sha256(clientData)]), privateKey)
      const response = credential({
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(data),
        signature: base64url(signature),
      })
      return browser.post('/passkey/verify-authentication', { response, ...more })
    },
  }
}

function challengeIn({ body, text }: Answer): string {
  if (typeof body === 'object' && body !== null && 'challenge' in body && typeof body.challenge === 'string')
    return body.challenge
  throw new Error(`There is no challenge in ${text}`)
}
