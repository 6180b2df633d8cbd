import { expect, test } from 'vitest'
import { encodeSignInMethod, proofMethodOf, type SignInMethod, signInMethodOf } from '../src/index.js'

test.each([
  [{ kind: 'passkey' }, 'passkey'],
  [{ kind: 'two-factor' }, 'two-factor'],
  [{ kind: 'provider', provider: 'google' }, 'provider:google'],
  [{ kind: 'provider', provider: 'a:b' }, 'provider:a:b'],
] as const)('%j is stored as %j, and read back', (method: SignInMethod, stored) => {
  expect(encodeSignInMethod(method)).toBe(stored)
  expect(signInMethodOf({ data: { signInMethod: stored } })).toEqual(method)
})

test.each([[undefined], [null], [1], [['password']], ['fingerprint'], ['toString'], ['']])(
  'of %j, the method is unknown',
  (signInMethod) => {
    expect(signInMethodOf({ data: { signInMethod } })).toBeNull()
    expect(proofMethodOf({ data: { signInMethod } })).toBeNull()
  },
)

test.each([
  [{ signInMethod: 'password' }, { kind: 'password' }],
  [{ signInMethod: 'password', proofMethod: 'passkey' }, { kind: 'passkey' }],
  [{ signInMethod: 'password', proofMethod: null }, null],
])('of %j, the latest proof is %j', (data, expected) => {
  expect(proofMethodOf({ data })).toEqual(expected)
})

test('the name of a provider is bounded', () => {
  expect(encodeSignInMethod({ kind: 'provider', provider: 'p'.repeat(1_000) })).toHaveLength('provider:'.length + 64)
})
