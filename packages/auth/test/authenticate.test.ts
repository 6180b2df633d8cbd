import { type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authenticate } from '../src/authenticate.js'
import { startApp } from './helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
let token: string
beforeAll(async () => {
  t = await startApp({})
  token = (await t.store.create({ userId: 'ada' }))?.token ?? ''
})
afterAll(() => t[Symbol.asyncDispose]())

/** The store, which answers `touch` in its own way, and notes which lookups pass its near-cache. */
function storeThat(touch: SessionStore['touch']) {
  const strict: (boolean | undefined)[] = []
  const validate: SessionStore['validate'] = (of, options) => {
    strict.push(options?.strict)
    return t.store.validate(of, options)
  }
  return { store: { ...t.store, validate, touch }, strict }
}

test('a session that cannot be touched, as in a full Redis, signs in all the same', async () => {
  const { store } = storeThat(() => Promise.reject(new SessionStoreUnavailableError(new Error('OOM'))))
  expect(await authenticate(store, token)).toMatchObject({ userId: 'ada' })
})

test('another failure of that is not hidden', async () => {
  const failure = new Error('a fault')
  const { store } = storeThat(() => Promise.reject(failure))
  await expect(authenticate(store, token)).rejects.toBe(failure)
})

test('only a caller that says so may be answered by a near-cache, and nobody is touched who is not signed in', async () => {
  let touched = 0
  const { store, strict } = storeThat(async () => {
    touched += 1
    return true
  })
  await authenticate(store, token)
  await authenticate(store, token, {})
  await authenticate(store, token, { strict: false })
  expect(strict).toEqual([true, true, false])
  expect(touched).toBe(3)
  expect(await authenticate(store, 'unknown')).toBeNull()
  expect(touched).toBe(3)
})
