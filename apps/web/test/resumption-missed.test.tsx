import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { network } from './network.js'
import { ask, button, comeBack, prepareTrips, press, show, signOutFirefox, trip, words } from './provider-trip.js'

prepareTrips()

test('a refused proof drops what was asked, and says so', async () => {
  await ask('/', signOutFirefox)
  trip.proof = { status: 403, body: { code: 'PROVIDER_PROOF_REFUSED' } }
  comeBack()
  await words('What you had asked for was not done.')
  cleanup()
  trip.proof = { status: 200, body: { purpose: 'prove' } }
  comeBack()
  await words('Confirmed. You can go on now.')
  expect(trip.api.devices).toHaveLength(2)
})

test('after an outage the answer of the provider can be sent again, and then goes on', async () => {
  await ask('/', signOutFirefox)
  trip.proof = { status: 503, body: {} }
  comeBack()
  const again = await button('Try again')
  expect(screen.queryByText(/was not done/)).toBeNull()
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
    await words('This browser is signed in as')
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
    () => (trip.api.session = { id: 'bobs', user: { ...trip.api.session.user, name: 'Bob Byte' } }),
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
