import { runWithEndpointContext } from '@better-auth/core/context'
import { type SignInMethod, signInMethodOf } from '@rollcall/devices'
import { expect, test } from 'vitest'
import { currentSignInMethod, proofData } from '../src/request/sign-in-method.js'

// What an endpoint has verified when it makes a session. Those of plugins and applications that no other test has.

const provider = (name: string): SignInMethod => ({ kind: 'provider', provider: name })

const endpoints: [SignInMethod, ...[path: string, more?: object][]][] = [
  [{ kind: 'password' }, ['/sign-up/email'], ['/sign-up/finish'], ['/sign-in/email'], ['/sign-in/username']],
  [{ kind: 'password' }, ['/sign-in/phone-number'], ['/change-password'], ['/reauthenticate']],
  [{ kind: 'two-factor' }, ['/two-factor/verify-totp'], ['/two-factor/verify-otp'], ['/two-factor/verify-backup-code']],
  [{ kind: 'passkey' }, ['/passkey/verify-authentication']],
  [{ kind: 'email-link' }, ['/magic-link/verify'], ['/verify-email']],
  [{ kind: 'email-code' }, ['/sign-in/email-otp'], ['/email-otp/verify-email']],
  [{ kind: 'phone-code' }, ['/phone-number/verify']],
  [{ kind: 'wallet' }, ['/siwe/verify']],
  [{ kind: 'anonymous' }, ['/sign-in/anonymous']],
  [{ kind: 'impersonation' }, ['/admin/impersonate-user']],
  [provider('google'), ['/one-tap/callback'], ['/sign-in/social', { body: { provider: 'google' } }]],
  [
    provider('acme'),
    ['/callback/:id', { params: { id: 'acme' } }],
    ['/oauth2/callback/:providerId', { params: { providerId: 'acme' } }],
    ['/sso/callback/:providerId', { params: { providerId: 'acme' } }],
    ['/sso/saml2/callback/:providerId', { params: { providerId: 'acme' } }],
  ],
]

/** What `read` says while this endpoint runs. */
const during = async <T>(endpoint: object, read: () => T): Promise<T> =>
  // The cast: an endpoint's context has much more, and nothing else of it is read.
  runWithEndpointContext(endpoint as Parameters<typeof runWithEndpointContext>[0], async () => read())

test.each(endpoints)('%j', async (method, ...paths) => {
  for (const [path, more] of paths) {
    const signInMethod = await during({ path, ...more }, currentSignInMethod)
    expect(signInMethodOf({ data: { signInMethod } }), path).toEqual(method)
    expect(await during({ path, ...more }, proofData), path).toEqual({ proofMethod: signInMethod })
  }
})

test('another endpoint, or none, has verified nothing that we know of', async () => {
  const social = { provider: 'google' }
  for (const endpoint of [
    { path: '/sign-in/other', body: social, params: { id: 'acme' } },
    { path: '/of/callback/', params: { id: 'acme' } },
    { path: '/callback/:id' },
    { path: '/sign-in/social' },
    { path: 'toString' },
    {},
  ])
    expect(await during(endpoint, currentSignInMethod)).toBeUndefined()
  expect(currentSignInMethod()).toBeUndefined()
  expect(proofData()).toEqual({ proofMethod: null })
})
