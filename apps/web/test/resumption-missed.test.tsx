import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { expectSession } from '../src/api/expected-session.js'
import {
  keepPendingAction,
  type PendingAction,
  provePendingAction,
  takePendingAction,
} from '../src/features/session/pending-action.js'
import type { AccountPath } from '../src/features/session/session.js'
import { network } from './network.js'
import { ask, button, comeBack, prepareTrips, press, show, signOutFirefox, trip, words } from './provider-trip.js'

prepareTrips()

test('a refused proof drops what was asked, and says so', async () => {
  await ask('/', signOutFirefox)
  trip.proof = { status: 403, body: { code: 'PROVIDER_PROOF_REFUSED' } }
  comeBack()
  await words('Your last action wasn’t completed.')
  cleanup()
  trip.proof = { status: 200, body: { purpose: 'prove' } }
  comeBack()
  await words('Confirmed. You can continue.')
  expect(trip.api.devices).toHaveLength(2)
})

test('an address that no provider leads back to does not blame what was entered', async () => {
  trip.proof = { status: 400, body: { code: 'VALIDATION_ERROR' } }
  comeBack()
  await words('The provider’s answer came too late or was already used. Start again.')
})

test('after an outage the answer of the provider can be sent again, and then goes on', async () => {
  await ask('/', signOutFirefox)
  trip.proof = { status: 503, body: {} }
  comeBack()
  const again = await button('Try again')
  expect(screen.queryByText(/wasn’t completed/)).toBeNull()
  trip.proof = { status: 200, body: { purpose: 'prove' } }
  fireEvent.click(again)
  await words('Firefox on Windows 11 was signed out.')
})

test('why it fails is shown, and it is not tried again', async () => {
  await ask('/', signOutFirefox)
  const { answer } = network
  network.answer = async (request) =>
    request.url.includes('devices.revoke') ? new Response('', { status: 503 }) : answer(request)
  comeBack()
  await words('Firefox on Windows 11 may still be signed in.')
  expect(trip.api.devices).toHaveLength(2)
  cleanup()
  network.answer = answer
  show('/')
  await button('Sign out Firefox on Windows 11')
  expect(trip.api.mutations).toBe(1)
})

describe('why it fails is shown until', () => {
  const failed = 'Firefox on Windows 11 may still be signed in.'
  /** Fails to sign it out, from `path` on. */
  async function fail() {
    await ask('/', signOutFirefox)
    const { answer } = network
    network.answer = async (request) =>
      request.url.includes('devices.revoke') ? new Response('', { status: 503 }) : answer(request)
    const history = comeBack()
    await words(failed)
    network.answer = answer
    return history
  }
  const isGone = () => waitFor(() => expect(screen.queryByText((text) => text.includes(failed))).toBeNull())

  test('another account is shown', async () => {
    await fail()
    trip.api.session = { id: 'bobs', user: { ...trip.api.session.user, name: 'Bob Byte' } }
    new BroadcastChannel('rollcall.session').postMessage({ type: 'signed-in' })
    await words('This browser is now signed in as')
    await isGone()
  })

  test('the person leaves the page', async () => {
    const history = await fail()
    history.push('/account')
    await button('Delete account')
    await isGone()
    history.push('/')
    await button('Sign out Firefox on Windows 11')
    await isGone()
  })

  test('it is done after all', async () => {
    await fail()
    for (const name of signOutFirefox) await press(name)
    await words('Firefox on Windows 11 was signed out.')
    await isGone()
  })
})

test.each([
  [
    'for another session',
    () => {
      trip.api.session = { id: 'bobs', user: { ...trip.api.session.user, name: 'Bob Byte' } }
      trip.api.devices = trip.api.devices.map((device) => (device.isCurrent ? { ...device, id: 'bobs' } : device))
    },
  ],
  ['after ten minutes', () => void vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 10 * 60_000)],
])('nothing goes on %s', async (_, change) => {
  await ask('/', signOutFirefox)
  change()
  comeBack()
  await button('Sign out Firefox on Windows 11')
  expect(trip.api.devices).toHaveLength(2)
})

test('a sign-in at a provider goes on with nothing', async () => {
  await ask('/', signOutFirefox)
  trip.proof = { status: 200, body: { purpose: 'sign-in' } }
  comeBack()
  await button('Sign out Firefox on Windows 11')
  expect(trip.api.devices).toHaveLength(2)
})

const KEY = 'rollcall.pendingAction'
const signOutThere = { name: 'sign-out', input: { id: 'there', name: 'Firefox on Windows 11' } } as const
const missed = 'Try it again.'

/** Comes back from the provider with a proof, for an action of the page `path`. */
function prove(action: PendingAction, path: AccountPath) {
  trip.api.needsProof = false
  expectSession('here')
  keepPendingAction(action, path)
  expect(provePendingAction()).toBe(true)
}

const { now } = Date
const shiftClock = (ms: number) => vi.spyOn(Date, 'now').mockImplementation(() => now() + ms)

describe('what no page goes on with is dropped, with a word:', () => {
  afterEach(() => expect(sessionStorage.getItem(KEY)).toBeNull())

  test('when the person leaves the page', async () => {
    prove({ name: 'set-password', input: {} }, '/security')
    trip.methods = [{ kind: 'password' }] // set in the meantime
    const history = show('/security')
    await button('Change password')
    history.push('/')
    await words(missed)
  })

  test('on a page that could go on with it, but did not ask', async () => {
    prove(signOutThere, '/activity')
    show('/')
    await words(missed)
    expect(trip.api.devices).toHaveLength(2)
  })

  test('half a minute after the proof', async () => {
    prove(signOutThere, '/')
    shiftClock(30_000)
    show('/')
    await words(missed)
    expect(trip.api.devices).toHaveLength(2)
  })

  test('while the page is shown', async () => {
    const clock = shiftClock(-29_000)
    prove({ name: 'set-password', input: {} }, '/')
    clock.mockRestore()
    show('/')
    await words(missed)
  })
})

test('"It wasn’t me" goes on where its entry is no longer shown', async () => {
  prove({ name: 'was-not-me', input: { name: 'Firefox on Windows 11', liveIds: ['there'] } }, '/activity')
  show('/activity')
  await words('Firefox on Windows 11 is signed out. Now choose a new password')
  expect(trip.api.devices).toHaveLength(1)
})

test('a proof that is refused after ten minutes says that nothing was done', async () => {
  await ask('/', signOutFirefox)
  shiftClock(10 * 60_000)
  trip.proof = { status: 403, body: { code: 'PROVIDER_PROOF_REFUSED' } }
  comeBack()
  await words('Your last action wasn’t completed.')
})

test('what waits for a proof is deleted after ten minutes, and with the session', async () => {
  trip.api.session = { ...trip.api.session, id: 'to-end' } // not that of the windows of other tests
  expectSession('to-end')
  keepPendingAction(signOutThere, '/')
  shiftClock(10 * 60_000)
  show('/account')
  await button('Delete account')
  await waitFor(() => expect(sessionStorage.getItem(KEY)).toBeNull())
  keepPendingAction(signOutThere, '/')
  expect(sessionStorage.getItem(KEY)).not.toBeNull()
  trip.api.needsProof = false
  await press('Sign out')
  await words('You’re signed out on this device.')
  expect(sessionStorage.getItem(KEY)).toBeNull()
})

test('only the session whose calls are bound to it goes on', () => {
  prove(signOutThere, '/')
  expectSession('bobs')
  expect(takePendingAction('here', '/', () => true)).toBeNull()
  expectSession('here')
  expect(takePendingAction('here', '/', () => true)).toEqual(signOutThere)
})

describe('with a storage that is full', () => {
  const real = sessionStorage
  afterEach(() => void vi.stubGlobal('sessionStorage', real))
  const fill = () =>
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => real.getItem(key),
      removeItem: (key: string) => real.removeItem(key),
      setItem(key: string, value: string) {
        if (key === KEY) throw new DOMException('full', 'QuotaExceededError')
        real.setItem(key, value)
      },
    })

  test.each([
    ['the person still reaches the provider', true],
    ['a proof is still one', false],
  ])('%s', async (_, isFullBefore) => {
    if (isFullBefore) fill()
    await ask('/', signOutFirefox)
    if (!isFullBefore) fill()
    comeBack()
    await words('Confirmed. You can continue.')
    expect(real.getItem(KEY)).toBeNull()
    expect(trip.api.devices).toHaveLength(2)
  })
})
