import { describe, expect, test } from 'vitest'
import { describeDevice } from '../src/device-name.js'

const blink = 'AppleWebKit/537.36 (KHTML, like Gecko)'

describe('an app that is no browser', () => {
  test.each([
    [
      'Dalvik, which never says Mobile',
      'Dalvik/2.1.0 (Linux; U; Android 14; SM-S921U Build/UP1A.231005.007)',
      'App',
      'Android',
    ],
    [
      'the name of a package',
      'com.google.android.apps.youtube.music/62354340 (Linux; U; Android 14; en_US; Pixel 7 Pro; Build/UP1A.231105.002; Cronet/114.0.5735.84)',
      'App',
      'Android',
    ],
    ['a name of its own', 'Luminary/53.0 (Android 13; SM-S908U; samsung b0q; en)', 'App', 'Android'],
    [
      'a WebView without a word of its kind',
      `Mozilla/5.0 (Linux; Android 11; RMX3121 Build/RP1A.200720.011; wv) ${blink} Version/4.0 Chrome/77.0.3865.120`,
      'Android WebView',
      'Android',
    ],
    ["Apple's library", 'App/0 CFNetwork/1442 Darwin/23.5.0', 'App', 'Apple'],
    ['iOS as a part of its path', 'KKBOX/7.17.22/iOS/16.4.1', 'Unknown browser', 'iOS'],
  ])('%s: its kind is unknown', (_, userAgent, browser, os) => {
    expect(describeDevice({ userAgent })).toEqual({ browser, os, kind: 'unknown' })
  })

  test.each([
    ["Apple's library on a Mac", 'Reeder/1020.09.00 CFNetwork/596.3.3 Darwin/12.3.0 (x86_64) (iMac9%2C1)', 'desktop'],
    ['an app on an iPhone', 'Acme/4.1 (iPhone; iOS 17.4; Scale/3.00)', 'phone'],
    ['an app on an iPad', 'Acme/4.1 (iPad; iOS 17.4; Scale/2.00)', 'tablet'],
    ['an app that knows what it runs on', 'Acme/4.1 (Linux; Android 14; Galaxy Tab S9)', 'tablet'],
  ])('%s says its kind', (_, userAgent, kind) => {
    expect(describeDevice({ userAgent })).toMatchObject({ browser: 'App', kind })
  })
})

describe('the app, not what it is built on', () => {
  const webView2 = {
    'sec-ch-ua': '"Microsoft Edge";v="147", "Not.A/Brand";v="8", "Chromium";v="147", "Microsoft Edge WebView2";v="147"',
    'sec-ch-ua-platform': '"Windows"',
  }
  const edge = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/147.0.0.0 Safari/537.36 Edg/147.0.0.0`

  test('in WebView2 it is what the user agent names', () => {
    expect(describeDevice({ userAgent: `${edge} Teams/26106.2110.4675.2592 (50)`, hints: webView2 }).browser).toBe(
      'Teams',
    )
    expect(describeDevice({ userAgent: `${edge} Outlook/1.2026`, hints: webView2 }).browser).toBe('Outlook')
  })

  test('WebView2 without an app is Edge', () => {
    expect(describeDevice({ userAgent: edge, hints: webView2 }).browser).toBe('Edge')
    expect(describeDevice({ userAgent: null, hints: webView2 }).browser).toBe('Edge')
  })

  test.each([
    [
      'Brave',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6.1 Mobile/15E148 Safari/604.1 Brave',
    ],
    [
      'Safari',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6.1 Mobile/15E148 Safari/604.1',
    ],
    [
      'Ecosia',
      `Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/150.0.0.0 Mobile Safari/537.36 (Ecosia android@150.0.0.0)`,
    ],
    [
      'Yandex Browser',
      `Mozilla/5.0 (Linux; arm_64; Android 13; 2311FRAFDC) ${blink} Chrome/120.0.6099.516 YaSearchBrowser/24.18.1 BroPP/1.0 YaSearchApp/24.18.1 webOmni SA/3 Mobile Safari/537.36`,
    ],
    [
      'Huawei Browser',
      `Mozilla/5.0 (PC; OpenHarmony 6.1; Windows NT 10.0) ${blink} Chrome/132.0.0.0 Safari/537.36 ArkWeb/6.1.0.100 HuaweiBrowser/6.1.3.321`,
    ],
  ])('%s by its user agent', (browser, userAgent) => {
    expect(describeDevice({ userAgent }).browser).toBe(browser)
  })

  test('HarmonyOS on a computer is neither Windows nor a handheld', () => {
    expect(
      describeDevice({
        userAgent: `Mozilla/5.0 (PC; OpenHarmony 6.1; Windows NT 10.0) ${blink} Chrome/132.0.0.0 Safari/537.36 HuaweiBrowser/6.1.3.321`,
      }),
    ).toEqual({
      browser: 'Huawei Browser',
      os: 'HarmonyOS',
      kind: 'desktop',
    })
  })
})
