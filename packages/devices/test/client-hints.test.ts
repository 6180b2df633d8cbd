import { describe, expect, test } from 'vitest'
import { type ClientHint, clientHintsOf } from '../src/device-name/client-hints.js'
import { describeDevice } from '../src/device-name/describe.js'
import { mac, win, x11, phone, blink, chromeOnWindows, chromeOnPhone, webView } from './user-agents.js'

describe('client hints', () => {
  const grease = '"Not?A_Brand";v="24"'
  const brand = (name: string) => `${grease}, "Chromium";v="140", "${name}";v="140"`
  const of = (userAgent: string | null, hints: Partial<Record<ClientHint, string>>) =>
    describeDevice({ userAgent, hints })

  test.each([
    ['"15.0.0"', 'Windows 11'],
    ['"13.0.0"', 'Windows 11'],
    ['"12.0.0"', 'Windows 10'],
    ['"10.0.0"', 'Windows 10'],
    ['"1.0.0"', 'Windows 10'],
    ['"0.3.0"', 'Windows'],
    ['""', 'Windows'],
    ['"x"', 'Windows'],
    ['15', 'Windows'],
  ])('Windows with platform version %s is %s', (version, os) => {
    expect(of(chromeOnWindows, { 'sec-ch-ua-platform': '"Windows"', 'sec-ch-ua-platform-version': version }).os).toBe(
      os,
    )
  })

  test('a platform version counts for Windows only', () => {
    expect(
      of(`${mac} ${blink} Chrome/140.0.0.0 Safari/537.36`, {
        'sec-ch-ua-platform': '"macOS"',
        'sec-ch-ua-platform-version': '"15.6.0"',
      }).os,
    ).toBe('macOS')
    expect(of(chromeOnWindows, { 'sec-ch-ua-platform-version': '"15.0.0"' }).os).toBe('Windows')
  })

  test.each([
    ['Google Chrome', 'Chrome'],
    ['Microsoft Edge', 'Edge'],
    ['Brave', 'Brave'],
    ['Opera', 'Opera'],
    ['Opera GX', 'Opera GX'],
    ['Vivaldi', 'Vivaldi'],
    ['YaBrowser', 'Yandex Browser'],
    ['DuckDuckGo', 'DuckDuckGo'],
    ['Samsung Internet', 'Samsung Internet'],
    ['HeadlessChrome', 'Headless Chrome'],
    ['Android WebView', 'Android WebView'],
    ['A browser of tomorrow', 'Chromium'],
  ])('the brand %s behind a plain Chrome user agent is %s', (name, browser) => {
    expect(of(chromeOnWindows, { 'sec-ch-ua': brand(name) }).browser).toBe(browser)
  })

  test('the more exact of two brands is taken, wherever it stands', () => {
    expect(
      of(chromeOnPhone, {
        'sec-ch-ua': '"OperaMobile";v="86", ";Not A Brand";v="99", "Opera";v="115", "Chromium";v="130"',
      }).browser,
    ).toBe('Opera')
    expect(
      of(chromeOnPhone, { 'sec-ch-ua': '"Opera GX Android";v="3", "Chromium";v="140", "Android WebView";v="140"' })
        .browser,
    ).toBe('Opera GX')
  })

  test('an app says in its user agent what the brand of its WebView does not', () => {
    expect(of(`${webView} Instagram 283.0.0.16.103 Android`, { 'sec-ch-ua': brand('Android WebView') }).browser).toBe(
      'Instagram',
    )
    expect(
      of(`${win} ${blink} Slack/4.39.90 Chrome/127.0.0.0 Electron/13.1.9 Safari/537.36`, {
        'sec-ch-ua': `"Chromium";v="127", ${grease}`,
      }).browser,
    ).toBe('Slack')
  })

  test('hints win over a user agent that says otherwise', () => {
    const firefox = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'
    expect(
      of(firefox, {
        'sec-ch-ua': brand('Google Chrome'),
        'sec-ch-ua-platform': '"Windows"',
        'sec-ch-ua-platform-version': '"15.0.0"',
      }),
    ).toEqual({ browser: 'Chrome', os: 'Windows 11', kind: 'desktop' })
    expect(of(firefox, { 'sec-ch-ua-platform': '"macOS"' }).os).toBe('macOS')
  })

  test('they stand alone where there is no user agent', () => {
    expect(of(null, { 'sec-ch-ua': brand('Brave'), 'sec-ch-ua-platform': '"Chromium OS"' })).toEqual({
      browser: 'Brave',
      os: 'ChromeOS',
      kind: 'desktop',
    })
  })

  test('a platform that says less than the user agent does not take its word away', () => {
    expect(
      of(`Mozilla/5.0 (X11; Ubuntu; Linux x86_64) ${blink} Chrome/140.0.0.0 Safari/537.36`, {
        'sec-ch-ua-platform': '"Linux"',
      }).os,
    ).toBe('Ubuntu')
    expect(of(chromeOnWindows, { 'sec-ch-ua-platform': '"Unknown"' }).os).toBe('Windows')
  })

  test('an Xbox stays one, though its platform is Windows 11', () => {
    const xbox = `Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) ${blink} Chrome/140.0.0.0 Edg/140.0.0.0`
    const hints = { 'sec-ch-ua-platform': '"Windows"', 'sec-ch-ua-platform-version': '"15.0.0"' }
    expect(of(xbox, hints)).toMatchObject({ os: 'Xbox', kind: 'console' })
  })

  test('mobile separates a phone from a tablet, and nothing else', () => {
    expect(of(chromeOnPhone, { 'sec-ch-ua-platform': '"Android"', 'sec-ch-ua-mobile': '?0' }).kind).toBe('tablet')
    expect(of(`${phone} ${blink} Chrome/140.0.0.0 Safari/537.36`, { 'sec-ch-ua-mobile': '?1' }).kind).toBe('phone')
    expect(of(chromeOnWindows, { 'sec-ch-ua-mobile': '?1' }).kind).toBe('desktop')
  })

  const frozen = `${phone} ${blink} Chrome/140.0.0.0 Safari/537.36`
  test.each([
    ['a television', 'BRAVIA 4K VH2', 'Android TV', 'tv'],
    ['a television stick', 'AFTMM', 'Fire OS', 'tv'],
    ['a headset', 'Quest 3', 'Horizon OS', 'unknown'],
    ['a Chromebook', 'HP Chromebook x360', 'ChromeOS', 'desktop'],
    ['a phone that is unfolded', 'SM-F946B', 'Android', 'phone'],
    ['a tablet', 'SM-X710', 'Android', 'tablet'],
    ['an unknown one', 'X14', 'Android', 'tablet'],
  ])('the model of %s counts behind a frozen user agent', (_, model, os, kind) => {
    expect(
      of(frozen, { 'sec-ch-ua-platform': '"Android"', 'sec-ch-ua-mobile': '?0', 'sec-ch-ua-model': `"${model}"` }),
    ).toMatchObject({ os, kind })
  })

  test.each([
    [
      "Samsung's desktop mode",
      `${x11} ${blink} SamsungBrowser/30.0 Chrome/143.0.0.0 Safari/537.36`,
      'Android',
      'tablet',
    ],
    ['a television', `Mozilla/5.0 (Web0S; Linux/SmartTV) ${blink} Chrome/120.0.0.0 Safari/537.36`, 'webOS', 'tv'],
    [
      'a headset',
      `${x11.slice(0, -1)}; Quest 3S) ${blink} OculusBrowser/38.0 Chrome/132.0.0.0 VR Safari/537.36`,
      'Horizon OS',
      'unknown',
    ],
    ['a computer', `${win} ${blink} Chrome/140.0.0.0 Safari/537.36`, 'Linux', 'desktop'],
  ])('the platform Linux of %s is that of its engine, or the truth', (_, userAgent, os, kind) => {
    expect(of(userAgent, { 'sec-ch-ua-platform': '"Linux"', 'sec-ch-ua-mobile': '?0' })).toMatchObject({ os, kind })
  })

  test.each([
    ['an escaped quote does not end a name', String.raw`"Not\"A;\\Brand, ";v="8", "Brave";v="140"`, 'Brave'],
    ['a name inside an escaped name is not one', String.raw`"x\", \"Brave";v="8"`, 'Chrome'],
    ['a version is not a name', '"Not A Brand";v="Brave"', 'Chrome'],
    ['a comma in a version begins no name', '"Not A Brand";v="1, Brave"', 'Chrome'],
    ['a name is in quotes', 'Brave;v="86", x"Brave"', 'Chrome'],
    ['a second string without a comma is not a name', '"Not A Brand" "Brave"', 'Chrome'],
    ['a name comes whole', '"Brave', 'Chrome'],
    ['an escape at the end', '"Brave\\', 'Chrome'],
    ['names differ by case', '"brave";v="1"', 'Chrome'],
    ['nothing', '', 'Chrome'],
  ])('%s', (_, brands, browser) => {
    expect(of(chromeOnWindows, { 'sec-ch-ua': brands }).browser).toBe(browser)
  })
})

test('of a request, only client hints that were sent are stored, each up to 256 characters', () => {
  expect(clientHintsOf(new Headers({ 'user-agent': 'x', 'sec-ch-ua-mobile': '' }))).toEqual({})
  const headers = { 'sec-ch-ua': 'x'.repeat(300), 'x-touch-screen': '?1', cookie: 'secret' }
  expect(clientHintsOf(new Headers(headers))).toEqual({
    clientHints: { 'sec-ch-ua': 'x'.repeat(256), 'x-touch-screen': '?1' },
  })
})

test('an Android app that names neither Mobile nor Safari may be on a phone or a tablet', () => {
  expect(describeDevice({ userAgent: 'Mozilla/5.0 (Linux; Android 14; X14) Reader/2.1' }).kind).toBe('unknown')
})
