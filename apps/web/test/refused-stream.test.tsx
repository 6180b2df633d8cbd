import { createMemoryHistory } from '@tanstack/react-router'
import { render, screen } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { auth } from '../src/api/auth.js'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'

// A slow answer to a change holds the new cookie back, and the stream is refused with the old one meanwhile.

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})

const refusal = { type: 'ended', cause: 'unknown', by: null, at: new Date().toISOString() } as const
const isLive = () => screen.findByText(': this list updates by itself')
const isNotLive = () => screen.findByText(/^Updated today at /)

async function openDevices() {
  const history = createMemoryHistory({ initialEntries: ['/'] })
  render(createApp(history))
  await screen.findAllByText('Ada Lovelace')
  await isLive()
  return history
}

async function refuseAll(): Promise<void> {
  api.always = 'UNAUTHORIZED'
  api.publish(refusal)
  await isNotLive()
}

function createGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

test('a refused stream signs nobody out while this window waits for an answer', async () => {
  const history = await openDevices()
  const { answer } = network
  const gate = createGate()
  network.answer = async (request) => {
    if (request.url.endsWith('/reauthenticate')) await gate.opened
    return answer(request)
  }
  const proof = auth.reauthenticate({ password: 'correct horse battery' })
  await refuseAll()
  api.always = null
  gate.open()
  await proof
  await isLive()
  expect(history.location.pathname).toBe('/')
})

/** Web Locks, which happy-dom has none of. */
function stubLocks(held: ReadonlyMap<string, Promise<void>>): void {
  const locks = {
    query: async () => ({ held: [...held.keys()].map((name) => ({ name })) }),
    async request(name: string, ...rest: unknown[]) {
      await held.get(name)
      return (rest.at(-1) as () => unknown)() // what is done with the lock comes last
    },
  }
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
}

test('nor while another window waits for one', async () => {
  const gate = createGate()
  const held = new Map([['rollcall.cookie.1', gate.opened]])
  stubLocks(held)
  try {
    const history = await openDevices()
    await refuseAll()
    api.always = null
    held.clear()
    gate.open()
    await isLive()
    expect(history.location.pathname).toBe('/')
  } finally {
    Reflect.deleteProperty(navigator, 'locks')
  }
})

test('without such an answer on its way, the API says whether the session is over', async () => {
  const history = await openDevices()
  api.publish(refusal)
  await isNotLive()
  await isLive()
  expect(history.location.pathname).toBe('/')

  api.always = 'UNAUTHORIZED'
  api.publish(refusal)
  await screen.findByText(/^You were signed out\./)
  expect(history.location.pathname).toBe('/sign-in')
})
