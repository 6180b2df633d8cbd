import { fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { network } from './network.js'
import { button, prepareTrips, press, show, signOutFirefox, trip, type, words } from './provider-trip.js'

// An account that signs in with GitHub alone, for example, has no other proof.

prepareTrips()

/** The bodies of what was asked for, by path. */
let asked: [path: string, body: string][]
beforeEach(() => {
  trip.methods = [{ kind: 'email-code' }]
  asked = []
  const answer = network.answer
  network.answer = async (request) => {
    const path = new URL(request.url).pathname
    if (!path.startsWith('/api/auth/reauthenticate/') || path.endsWith('/methods')) return answer(request)
    const body = await request.clone().text()
    asked.push([path.replace('/api/auth/reauthenticate', ''), body])
    if (path.endsWith('/code') && !body.includes('12345678'))
      return Response.json({ code: 'INVALID_CODE' }, { status: 400 })
    trip.api.needsProof = !path.endsWith('/code')
    return Response.json({ status: true })
  }
})

test('a code by mail proves it in place, and what was asked goes on', async () => {
  show('/')
  for (const name of signOutFirefox) await press(name)
  await press('Email me a code')
  await words('We sent an eight-digit code to')
  const field = await screen.findByLabelText('Code from the email')
  expect(document.activeElement).toBe(field)
  await press('Confirm')
  await screen.findAllByText('Enter the eight-digit code from the email.')
  for (const code of ['1111 1111', '1234 5678']) {
    await type('Code from the email', code)
    await press('Confirm')
    await waitFor(() => expect(asked.at(-1)).toEqual(['/code', JSON.stringify({ code: code.replace(' ', '') })]))
    if (code.startsWith('1111')) await screen.findAllByText(/^This code is wrong/)
  }
  await words('Firefox on Windows 11 was signed out.')
  expect(asked.map(([path]) => path)).toEqual(['/request-code', '/code', '/code'])
})

test('who leaves the code can ask for another', async () => {
  show('/')
  for (const name of signOutFirefox) await press(name)
  await press('Email me a code')
  fireEvent.keyDown(await screen.findByLabelText('Code from the email'), { key: 'Escape' })
  await press('Email me a code')
  await button('Confirm')
  expect(asked).toHaveLength(2)
})
