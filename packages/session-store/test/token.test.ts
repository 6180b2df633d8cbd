import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  isSameHash,
  isSessionId,
  newSessionId,
  newToken,
  parseToken,
  sessionIdIn,
  userTagOf,
} from '../src/record/token.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest()

test('a user tag is the first 128 bits of SHA-256 of the user id', () => {
  for (const userId of ['ada', '', 'Ωmega 🦊'])
    expect(userTagOf(userId)).toBe(sha256(userId).subarray(0, 16).toString('base64url'))
  expect(userTagOf('ada')).toHaveLength(22)
})

test('session ids and secrets are random, of 96 and 256 bits', () => {
  const tag = userTagOf('ada')
  const ids = Array.from({ length: 100 }, newSessionId)
  expect(new Set(ids).size).toBe(100)
  for (const id of ids) expect(Buffer.from(id, 'base64url')).toHaveLength(12)
  const secrets = ids.map((id) => {
    const { token, secretHash } = newToken(tag, id)
    const secret = token.slice(38)
    expect(token).toBe(tag + id + secret)
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    expect(secretHash).toBe(sha256(secret).toString('latin1'))
    return secret
  })
  expect(new Set(secrets).size).toBe(100)
})

test('the id of its session is read from a token, and from no other text', () => {
  const id = newSessionId()
  const { token } = newToken(userTagOf('ada'), id)
  expect(sessionIdIn(token)).toBe(id)
  for (const text of ['', id, token.slice(1), `${token}A`, token.replace(/.$/, '.')])
    expect(sessionIdIn(text)).toBeNull()
})

test('a token is read as its three parts', () => {
  const [tag, id] = [userTagOf('ada'), newSessionId()]
  const { token, secretHash } = newToken(tag, id)
  expect(parseToken(token)).toEqual({ userTag: tag, sessionId: id, secretHash })
})

test('what is longer, shorter or of other characters is no token', () => {
  const { token } = newToken(userTagOf('ada'), newSessionId())
  const wrong = [
    '',
    token.slice(1),
    `${token}A`,
    ...[0, 21, 22, 37, 38, 80].flatMap((at) =>
      ['.', '=', ' ', '\n', 'é'].map((c) => token.slice(0, at) + c + token.slice(at + 1)),
    ),
  ]
  for (const text of wrong) expect(parseToken(text), JSON.stringify(text)).toBeNull()
})

test('a session id has 16 characters of base64url', () => {
  for (const id of ['A'.repeat(16), '-_'.repeat(8), newSessionId()]) expect(isSessionId(id), id).toBe(true)
  for (const id of [
    '',
    'A'.repeat(15),
    'A'.repeat(17),
    '!notBefore',
    `!${'A'.repeat(15)}`,
    `${'A'.repeat(15)}!`,
    `${'A'.repeat(15)}\n`,
  ])
    expect(isSessionId(id), id).toBe(false)
})

test('hashes are the same when all 32 bytes are', () => {
  const hash = sha256('secret').toString('latin1')
  expect(isSameHash(hash, sha256('secret').toString('latin1'))).toBe(true)
  for (const at of [0, 15, 31]) {
    const other = hash.slice(0, at) + String.fromCharCode(hash.charCodeAt(at) ^ 1) + hash.slice(at + 1)
    expect(isSameHash(hash, other)).toBe(false)
    expect(isSameHash(other, hash)).toBe(false)
  }
  for (const short of ['', hash.slice(0, 31), `${hash}\0`]) {
    expect(isSameHash(hash, short)).toBe(false)
    expect(isSameHash(short, hash)).toBe(false)
    expect(isSameHash(short, short)).toBe(false)
  }
})
