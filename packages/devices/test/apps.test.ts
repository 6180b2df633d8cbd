import { describe, expect, test } from 'vitest'
import { builtOn } from '../src/device-name/built-on.js'
import { describeDevice } from '../src/device-name/describe.js'

const blink = 'AppleWebKit/537.36 (KHTML, like Gecko)'

describe('an app that is no browser', () => {
  test.each([
    ['Dalvik, which never says Mobile', 'Dalvik/2.1.0 (Linux; U; Android 14; X14 Build/A1)', 'App', 'Android'],
    [
      'the name of a package',
      'com.example.music/62354340 (Linux; U; Android 14; en_US; X14; Build/A1; Cronet/114.0.5735.84)',
      'App',
      'Android',
    ],
    ['a name of its own', 'Acme/53.0 (Android 13; X14; acme x14; en)', 'App', 'Android'],
    ['a system before the name', 'Mozilla/5.0 (Android) Acme-android/3.29.0', 'App', 'Android'],
    ['a system after the name', 'Acme/5.1 Android/34', 'App', 'Android'],
    [
      'a WebView without a word of its kind',
      `Mozilla/5.0 (Linux; Android 11; X14 Build/A1; wv) ${blink} Version/4.0 Chrome/77.0.0.0`,
      'Android WebView',
      'Android',
    ],
    ["Apple's library", 'App/0 CFNetwork/1442 Darwin/23.5.0', 'App', 'Apple'],
    ['iOS as a part of its path', 'Acme/7.17.22/iOS/16.4.1', 'App', 'iOS'],
    ['a watch', 'Acme/3.1 (Watch6,2; watchOS 10.1; Scale/2.00)', 'App', 'watchOS'],
    ['a headset', 'Acme/3.1 (visionOS 2.0; Scale/2.00)', 'App', 'visionOS'],
    ['the library of Flutter', 'Dart/3.3 (dart:io)', 'App', ''],
  ])('%s: its kind is unknown', (_, userAgent, browser, os) => {
    expect(describeDevice({ userAgent })).toEqual({ browser, os, kind: 'unknown' })
  })

  test.each([
    ["Apple's library on a Mac", 'Acme/1 CFNetwork/978.0.7 Darwin/18.7.0 (x86_64)', 'desktop'],
    ['an app that names a Mac', 'Acme/3 (com.acme; macOS 14.5; Mac14,2)', 'desktop'],
    ['an app that names Windows', 'AcmeDesktop/5.1 (Windows NT 10.0.22631; x64)', 'desktop'],
    ['an app on an iPhone', 'Acme/4.1 (iPhone; iOS 17.4; Scale/3.00)', 'phone'],
    ['an app on an iPad', 'Acme/4.1 (iPad; iOS 17.4; Scale/2.00)', 'tablet'],
    ['an app that knows what it runs on', 'Acme/4.1 (Linux; Android 14; Galaxy Tab S9)', 'tablet'],
    ['an app on the model of a phone', 'Dalvik/2.1.0 (Linux; U; Android 14; SM-S921U Build/A1)', 'phone'],
    ['an app on the model of a tablet', 'Dalvik/2.1.0 (Linux; U; Android 13; SM-X700 Build/A1)', 'tablet'],
    ['an app on a television', 'Dalvik/2.1.0 (Linux; U; Android 9; Acme box Build/PI)', 'tv'],
    ['an app called a box on a phone', 'Dropbox/380.2.4 (Android 14; Pixel 8)', 'phone'],
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
    expect(describeDevice({ userAgent: `${edge} OneOutlook/1.2026`, hints: webView2 }).browser).toBe('Outlook')
    expect(describeDevice({ userAgent: `${edge} Ddg/147.0.0.0`, hints: webView2 }).browser).toBe('DuckDuckGo')
  })

  test('in WebView2 an app of an unknown name is an app', () => {
    expect(describeDevice({ userAgent: `${edge} Acme/3.2`, hints: webView2 }).browser).toBe('Desktop app')
    expect(describeDevice({ userAgent: 'AcmePos/7.2', hints: webView2 }).browser).toBe('Desktop app')
    expect(describeDevice({ userAgent: `${edge} Acme/3.2` }).browser).toBe('Edge')
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
      `Mozilla/5.0 (Linux; arm_64; Android 13; 2311FRAFDC) ${blink} Chrome/120.0.0.0 YaSearchBrowser/24.18.1 BroPP/1.0 YaSearchApp/24.18.1 webOmni SA/3 Mobile Safari/537.36`,
    ],
    [
      'Huawei Browser',
      `Mozilla/5.0 (PC; OpenHarmony 6.1; Windows NT 10.0) ${blink} Chrome/132.0.0.0 Safari/537.36 ArkWeb/6.1 HuaweiBrowser/6.1`,
    ],
  ])('%s by its user agent', (browser, userAgent) => {
    expect(describeDevice({ userAgent }).browser).toBe(browser)
  })

  const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
  const windows = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/140.0.0.0`
  const android = `Mozilla/5.0 (Linux; Android 13; X14 Build/TP1A; wv) ${blink} Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36`
  test.each([
    ['Messenger', `${android} [FB_IAB/MESSENGER;FBAV/440.0;]`],
    ['TikTok', 'com.zhiliaoapp.musically/2023 (Linux; U; Android 14; en_US; X14; Cronet/1)'],
    ['Naver', `${iphone} Version/17.0 Mobile/15E148 Safari/605.1 NAVER(inapp; search; 2000; 12.5.1; 14PRO)`],
    ['QQ', `${iphone} Mobile/15E148 QQ/9.0.20.610 V1_IPH_SQ_9.0.20_1_APP_A`],
    ['Bing', `${android} BingSapphire/27.9`],
    ['Microsoft Office', 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Word 16.0; Pro)'],
    ['Outlook', 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0; Pro)'],
    [
      'Steam',
      `Mozilla/5.0 (Windows NT 10.0; Valve Steam GameOverlay/default/1) ${blink} Chrome/126.0.0.0 Safari/537.36`,
    ],
    ['Yandex Browser', `${android} YandexSearch/7.54 YandexSearchBrowser/7.54`],
    ['UC Browser', 'UCWEB/2.0 (Linux; U; Opera Mini/7.1/30; en-US; X14) U2/1.0.0 UCBrowser/9.0.0.366 Mobile'],
    ['Quark', `${android} Quark/6.11.0.530`],
    ['Puffin', `${windows} Safari/537.36 Puffin/9.0`],
    ['SeaMonkey', 'Mozilla/5.0 (Windows NT 10.0; rv:91.0) Gecko/20100101 Firefox/91.0 SeaMonkey/2.53.18'],
    [
      'PICO Browser',
      `Mozilla/5.0 (X11; Linux x86_64; PICO 4 like Quest) ${blink} PicoBrowser/4.0 Chrome/114.0 VR Safari/537.36`,
    ],
    [
      'LG Browser',
      `Mozilla/5.0 (Web0S; Linux/SmartTV) ${blink} Chr0me/79.0 Safari/537.36 LG Browser/8.00.00(LGE; X55; 03)`,
    ],
    [
      'HarmonyOS WebView',
      `Mozilla/5.0 (Phone; OpenHarmony 5.0) ${blink} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile`,
    ],
    ['DuckDuckGo', `${windows} Safari/537.36 Edg/140.0.0.0 Ddg/140.0.0.0`],
  ])('%s, not what it is built on', (browser, userAgent) => {
    expect(describeDevice({ userAgent }).browser).toBe(browser)
  })

  const safari = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1'
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
  const gecko = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'

  test.each([
    ['Chromium', `${windows} Safari/537.36 Acme/3.2`],
    ['Chromium', `${windows} Acme/3.2 Safari/537.36`],
    ['Chromium', `${windows} Safari/537.36 Acme Desktop`],
    ['Chromium', `Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/147.0.0.0 Mobile Safari/537.36 Acme`],
    ['iOS WebView', `${iphone} Version/18.7.8 Mobile/15E148 Safari/604.1 AcmeApp/1.3.92`],
    ['iOS WebView', `${iphone} Acme/19.1 Mobile/15E148 Safari/605.1.15`],
    ['iOS WebView', `${iphone} Version/18.1 Mobile/15E148 Safari/604.1 Acme`],
    ['Unknown browser', `${mac} ${safari} Acme/4.3.1 Safari/605.1.15`],
    ['Unknown browser', `${gecko} Acme/12.1`],
  ])('%s if it is built on it and has a name that is not known', (browser, userAgent) => {
    expect(describeDevice({ userAgent }).browser).toBe(browser)
  })

  test.each([
    ['Chrome', `${windows} Safari/537.36`],
    ['Chrome', `Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/147.0.0.0 Mobile Safari/537.36`],
    ['Chrome', `${iphone} CriOS/147.0 Mobile/15E148 Safari/604.1`],
    ['Safari', `${mac} ${safari} Safari/605.1.15`],
    ['Firefox', gecko],
    ['Firefox', `${gecko},gzip(gfe)`],
    ['Chrome', `${windows} Safari/537.36,gzip(gfe)`],
    ['Firefox', `${iphone} FxiOS/145.0  Mobile/15E148 Safari/605.1.15`],
    ['Firefox', 'Mozilla/5.0 (X11; Linux x86_64; rv:17.0) Gecko/20100101 Ubuntu/10.10 (maverick) Firefox/17.0 (.NET)'],
    ['Firefox', 'Mozilla/5.0 (Mobile; X14; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.1.1'],
  ])('%s where nothing else is named', (browser, userAgent) => {
    expect(describeDevice({ userAgent }).browser).toBe(browser)
  })

  test.each(['Firefox', 'Safari'])('takes time in proportion to the text behind %s, such as dots', (browser) => {
    const system = { name: '', kind: 'unknown', marks: [] } as const
    const began = performance.now()
    expect(builtOn(browser, `${browser}/${'.'.repeat(60_000)}`, system)).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  test('a brand is believed whatever the user agent adds', () => {
    const hints = { 'sec-ch-ua': '"Chromium";v="140", "Google Chrome";v="140"' }
    expect(describeDevice({ userAgent: `${windows} Safari/537.36 Acme/3.2`, hints }).browser).toBe('Chrome')
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
