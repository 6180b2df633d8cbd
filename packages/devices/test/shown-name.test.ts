import { describe, expect, test } from 'vitest'
import { createNameOf, shownNameOf } from '../src/index.js'

const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1'
const agents = {
  iPhone: `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${webkit}`,
  iPad: `Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) ${webkit}`,
  iPod: `Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) ${webkit}`,
  android:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
}
const shown = (userAgent: string | null, clientHints: Record<string, unknown> = {}) => {
  const { browser, os, kind } = shownNameOf({ userAgent, data: { clientHints } })
  return `${browser} on ${os}, ${kind}`
}

describe('a device is called by its name, where only one can be meant', () => {
  test.each([
    [agents.iPhone, 'Safari on iPhone, phone'],
    [agents.iPad, 'Safari on iPad, tablet'],
    [agents.iPod, 'Safari on iOS, unknown'],
    [agents.android, 'Chrome on Android, phone'],
  ])('%s', (userAgent, name) => {
    expect(shown(userAgent)).toBe(name)
  })

  test.each([
    ['"SM-S931B"', 'Samsung'],
    ['"Pixel 9 Pro"', 'Google'],
    ['"moto g84 5G"', 'Motorola'],
    ['"23127PN0CG"', 'Xiaomi'],
    ['"RMX3890"', 'realme'],
    ['"FP5"', 'Fairphone'],
    ['"CPH2025"', 'OPPO'],
  ])('the model %s gives the maker %s', (model, maker) => {
    expect(shown(agents.android, { 'sec-ch-ua-model': model })).toBe(`Chrome on Android (${maker}), phone`)
  })

  // OPPO and OnePlus share the later numbers of CPH.
  test.each(['', '""', '"K"', '"made up <b>"', '"CPH2581"', '"M1092R"', '"2050RU"', '"PixelV1"', 7])(
    'the model %j gives none',
    (model) => {
      expect(shown(agents.android, { 'sec-ch-ua-model': model })).toBe('Chrome on Android, phone')
    },
  )

  test('a model counts with Android alone', () => {
    expect(shown(agents.iPhone, { 'sec-ch-ua-model': '"SM-S931B"' })).toBe('Safari on iPhone, phone')
  })
})

describe('an application names its own apps', () => {
  const nameOf = createNameOf([
    { userAgent: 'AcmeMail/', name: 'Acme Mail', kind: 'phone' },
    { userAgent: /^AcmeSync\/\d/, name: 'Acme Sync', os: 'Linux', kind: 'desktop' },
    { userAgent: 'Acme', name: 'Acme' },
  ])
  test.each([
    ['AcmeMail/3.1 (iPhone; iOS 26.1)', 'Acme Mail', 'phone'],
    ['AcmeSync/2', 'Acme Sync', 'desktop'],
    ['AcmeSync', 'Acme', 'unknown'],
    [agents.iPhone, 'Safari', 'phone'],
  ])('%s', (userAgent, browser, kind) => {
    expect(nameOf({ userAgent, data: {} })).toMatchObject({ browser, kind })
  })

  test('and leaves the rest to the user agent', () => {
    expect(nameOf({ userAgent: 'AcmeSync/2', data: {} }).os).toBe('Linux')
    expect(nameOf({ userAgent: null, data: {} }).browser).toBe('Unknown browser')
  })
})
