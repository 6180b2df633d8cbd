import { describe, expect, test } from 'vitest'
import { defaultTimeouts, profiles, PROOF_LIFE_MS } from '../src/index.js'
import { resolveTimeouts } from '../src/record/timeouts.js'

const day = 86_400_000

test('the defaults, and each profile', () => {
  expect(defaultTimeouts).toEqual({ idle: 7 * day, absolute: 30 * day, touchInterval: 60_000 })
  expect(profiles).toEqual({
    aal1: defaultTimeouts,
    aal2: { idle: 3_600_000, absolute: day, touchInterval: 60_000 },
    aal3: { idle: 900_000, absolute: day / 2, touchInterval: 15_000 },
  })
})

test('a proof is good for a quarter of an hour', () => expect(PROOF_LIFE_MS).toBe(900_000))

describe('timeouts', () => {
  test('are the defaults where none are given', () => {
    expect(resolveTimeouts({})).toEqual(defaultTimeouts)
    expect(resolveTimeouts({ idle: day })).toEqual({ ...defaultTimeouts, idle: day })
  })

  test.each([
    { idle: 2, absolute: 2, touchInterval: 1 },
    { idle: 5, absolute: 6, touchInterval: 4 },
  ])('may be %j', (timeouts) => expect(resolveTimeouts(timeouts)).toEqual(timeouts))

  test.each(['idle', 'absolute', 'touchInterval'])('%s is a whole number of 1 or more', (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => resolveTimeouts({ [name]: value }), String(value)).toThrow(
        new RangeError(`timeouts.${name} must be a whole number of milliseconds`),
      )
    }
  })

  test('keep their order', () => {
    expect(() => resolveTimeouts({ idle: 3, absolute: 2, touchInterval: 1 })).toThrow(
      new RangeError('timeouts.idle must not be longer than timeouts.absolute'),
    )
    for (const touchInterval of [2, 3]) {
      expect(() => resolveTimeouts({ idle: 2, absolute: 9, touchInterval })).toThrow(
        new RangeError('timeouts.touchInterval must be shorter than timeouts.idle'),
      )
    }
  })
})
