import { fireEvent, screen } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'
import { show, words } from './provider-trip.js'

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})

const pressSignOut = async () => fireEvent.click(await screen.findByRole('button', { name: 'Sign out' }))

test('a sign-out that failed is not taken for one', async () => {
  const history = show('/')
  await words(': this list updates by itself')
  api.signOutStatus = 503
  await pressSignOut()
  expect((await screen.findByRole('alert')).textContent).toContain('This device may still be signed in.')
  expect(history.location.pathname).toBe('/')
})

test('a sign-out whose answer is lost is not said to have failed', async () => {
  show('/')
  await words(': this list updates by itself')
  const { answer } = network
  network.answer = async (request) => {
    if (new URL(request.url).pathname !== '/api/auth/sign-out') return answer(request)
    throw new TypeError('The connection broke')
  }
  await pressSignOut()
  const alert = await screen.findByRole('alert')
  expect(alert.textContent).toContain('This device may still be signed in.')
  expect(alert.textContent).not.toContain('Couldn’t sign you out')
})
