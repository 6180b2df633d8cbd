import { createMemoryHistory } from '@tanstack/react-router'
import { render, screen } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})

test('the word why survives that the page was closed in the meantime', async () => {
  localStorage.setItem('rollcall.signedIn', '1')
  api.always = 'UNAUTHORIZED'
  render(createApp(createMemoryHistory({ initialEntries: ['/'] })))
  await screen.findByText(/^You were signed out\./)
})

test('a visitor who never signed in is sent to sign-in without that word', async () => {
  api.always = 'UNAUTHORIZED'
  const titles: string[] = []
  const watch = new MutationObserver(() => {
    for (const title of document.querySelectorAll('h1')) titles.push(title.textContent)
  })
  watch.observe(document.body, { childList: true, subtree: true })
  render(createApp(createMemoryHistory({ initialEntries: ['/'] })))
  await screen.findByRole('heading', { name: 'Sign in' })
  watch.disconnect()
  expect(screen.queryByText(/You were signed out/)).toBeNull()
  expect(new Set(titles)).toEqual(new Set(['Sign in'])) // no page of an account, whose code they need not load
})
