import { type ParsedLocation, redirect } from '@tanstack/react-router'
import { waitFor } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { createPageOpener } from '../src/page-opener.js'
import { network } from './network.js'

const shown = { pathname: '/', search: {}, state: {} } as ParsedLocation
const code = (load: () => Promise<void>) => ({ load, component: () => null })
const missing = code(() => Promise.reject(new TypeError('Failed to fetch dynamically imported module')))
const caught = (work: Promise<void>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test.each([
  ['cannot be reached', () => Promise.reject(new TypeError('Failed to fetch')), 'unreachable'],
  ['is not there behind its proxy', () => Promise.resolve(new Response('', { status: 502 })), 'outage'],
])('the page that is shown stays while the server %s, with the reason', async (_, answer, kind) => {
  network.answer = answer
  const reload = vi.fn()
  const pages = createPageOpener({ next: { account: [], public: [] }, shown: () => shown, reload })
  const listener = vi.fn()
  pages.subscribe(listener)
  const error = await caught(pages.open(missing, '/activity'))
  expect(error).toBeInstanceOf(Response)
  expect(error).toMatchObject({ options: redirect({ to: '/', search: {}, state: {}, replace: true }).options })
  expect(pages.failure()).toEqual({ path: '/', problem: { kind } })
  expect(listener).toHaveBeenCalledTimes(1)
  expect(reload).not.toHaveBeenCalled()

  const there = code(() => Promise.resolve())
  await pages.open(there, '/') // as the redirect does
  expect(pages.failure()).toMatchObject({ path: '/' })
  await pages.open(there, '/security')
  expect(pages.failure()).toBeNull()
})

test('code that a new release has removed makes the document load anew', async () => {
  network.answer = () => Promise.resolve(new Response('<!doctype html>'))
  const reload = vi.fn()
  const pages = createPageOpener({ next: { account: [], public: [] }, shown: () => shown, reload })
  void pages.open(missing, '/activity')
  await waitFor(() => expect(reload).toHaveBeenCalledTimes(1))
  expect(pages.failure()).toBeNull()
})

test('where no page is shown yet, the failure is shown in its place, and nothing loads in a circle', async () => {
  const reload = vi.fn()
  const pages = createPageOpener({ next: { account: [], public: [] }, shown: () => undefined, reload })
  expect(await caught(pages.open(missing, '/activity'))).toBeInstanceOf(TypeError)
  expect(reload).not.toHaveBeenCalled()
})
