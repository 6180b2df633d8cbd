import type * as Crypto from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { startStore } from './helpers.js'

const compared: [number, number][] = []
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>()
  const timingSafeEqual: typeof crypto.timingSafeEqual = (a, b) => {
    compared.push([a.byteLength, b.byteLength])
    return crypto.timingSafeEqual(a, b)
  }
  return { ...crypto, timingSafeEqual }
})

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => void (compared.length = 0))

test('a secret is compared by its hash, in constant time, whole against whole', async () => {
  const { token } = await t.signIn()
  expect(await t.store.validate(token)).not.toBeNull()
  expect(compared).toEqual([[32, 32]])
  for (const at of [38, 60, 80]) {
    compared.length = 0
    const wrong = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    expect(await t.store.validate(wrong)).toBeNull()
    expect(compared, `wrong at ${at}`).toEqual([[32, 32]])
  }
})
