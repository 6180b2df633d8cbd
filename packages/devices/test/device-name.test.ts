import { describe, expect, test } from 'vitest'
import { browserNames, describeDevice, longestRead, systemNames, type DeviceKind } from '../src/device-name/describe.js'
import {
  mac,
  win,
  x11,
  phone,
  iphone,
  ipad,
  blink,
  webkit,
  chromeOnWindows,
  chromeOnPhone,
  webView,
} from './user-agents.js'

// As browsers, apps and programs send them; only the heads that many share are named above.
// prettier-ignore
const userAgents: [userAgent: string, browser: string, os: string, kind: DeviceKind][] = [
  // Desktop
  [chromeOnWindows, 'Chrome', 'Windows', 'desktop'],
  [`${mac} ${blink} Chrome/140.0.0.0 Safari/537.36`, 'Chrome', 'macOS', 'desktop'],
  [`${x11} ${blink} Chrome/140.0.0.0 Safari/537.36`, 'Chrome', 'Linux', 'desktop'],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${blink} Chrome/140.0.0.0 Safari/537.36`, 'Chrome', 'ChromeOS', 'desktop'],
  [`Mozilla/5.0 (Windows NT 6.1; WOW64) ${blink} Chrome/109.0.0.0 Safari/537.36`, 'Chrome', 'Windows 7', 'desktop'],
  [`${x11} ${blink} Ubuntu Chromium/80.0.3987.87 Chrome/80.0.0.0 Safari/537.36`, 'Chromium', 'Ubuntu', 'desktop'],
  [`${win} ${blink} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, 'Edge', 'Windows', 'desktop'],
  [`${win} ${blink} Chrome/70.0.0.0 Safari/537.36 Edge/18.19041`, 'Edge', 'Windows', 'desktop'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox', 'Windows', 'desktop'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox', 'macOS', 'desktop'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox', 'Ubuntu', 'desktop'],
  ['Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Fedora', 'desktop'],
  ['Mozilla/5.0 (X11; Debian; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox', 'Debian', 'desktop'],
  ['Mozilla/5.0 (X11; SUSE; Linux amd64; rv:86.0) Gecko/20100101 Firefox/86.0', 'Firefox', 'SUSE', 'desktop'],
  ['Mozilla/5.0 (X11; FreeBSD amd64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'FreeBSD', 'desktop'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:97.0) Gecko/20100101 Firefox/97.0 LibreWolf/97.0.1', 'LibreWolf', 'Linux', 'desktop'],
  [`${mac} ${webkit} Version/18.6 Safari/605.1.15`, 'Safari', 'macOS', 'desktop'],
  [`${win} ${blink} Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0`, 'Opera', 'Windows', 'desktop'],
  [`${win} ${blink} Chrome/73.0.0.0 Safari/537.36 OPR/60.0.3255.50747 OPRGX/60.0.3255.50747`, 'Opera GX', 'Windows', 'desktop'],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_6) ${blink} Chrome/73.0.0.0 Safari/537.36 Vivaldi/2.4.1488.36`, 'Vivaldi', 'macOS', 'desktop'],
  [`${win} ${blink} Chrome/134.0.0.0 YaBrowser/25.4.0.0 Safari/537.36`, 'Yandex Browser', 'Windows', 'desktop'],
  [`${mac} ${webkit} Version/26.3 Safari/605.1.15 Ddg/26.3`, 'DuckDuckGo', 'macOS', 'desktop'],
  [`${win} ${blink} Chrome/98.0.0.0 Whale/3.13.131.36 Safari/537.36`, 'Whale', 'Windows', 'desktop'],
  ['Mozilla/5.0 (Windows NT 6.3; WOW64; Trident/7.0; rv:11.0) like Gecko', 'Internet Explorer', 'Windows 8.1', 'desktop'],
  ['Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)', 'Internet Explorer', 'Windows XP', 'desktop'],
  [`${mac} ${blink} Slack/4.39.90 Chrome/127.0.0.0 Electron/13.1.9 Safari/537.36`, 'Slack', 'macOS', 'desktop'],
  [`${win} ${blink} Code/1.85.1 Chrome/114.0.0.0 Electron/25.9.7 Safari/537.36`, 'Desktop app', 'Windows', 'desktop'],
  ['Mozilla/5.0 (Windows NT 5.0; rv:12.0) Gecko/20100101 Firefox/12.0', 'Firefox', 'Windows', 'desktop'],
  // Others name these browsers and systems to be served the same pages.
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Servo/0.0.2 Firefox/140.0', 'Unknown browser', 'Linux', 'desktop'],
  ['Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; en; rv:1.9.2) Gecko/20101212 Camino/2.1 (like Firefox/3.6.14)', 'Unknown browser', 'macOS', 'desktop'],
  [`Mozilla/5.0 (Linux; x86_64) Ladybird/1.0 Chrome/146.0.0.0 AppleWebKit/537.36 Safari/537.36`, 'Ladybird', 'Linux', 'desktop'],
  [`Mozilla/5.0 (Macintosh; Intel Haiku R1 x86) ${webkit} WebPositive/1.3 Version/11.1 Safari/605.1.15`, 'Unknown browser', 'Haiku', 'desktop'],
  // Handheld
  [chromeOnPhone, 'Chrome', 'Android', 'phone'],
  [`${phone} ${blink} Chrome/140.0.0.0 Safari/537.36`, 'Chrome', 'Android', 'tablet'],
  ['Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0', 'Firefox', 'Android', 'phone'],
  ['Mozilla/5.0 (Android 14; Tablet; rv:143.0) Gecko/143.0 Firefox/143.0', 'Firefox', 'Android', 'tablet'],
  ['Mozilla/5.0 (Linux; Android 7.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Focus/6.1.1 Chrome/68.0.0.0 Mobile Safari/537.36', 'Firefox Focus', 'Android', 'phone'],
  [`${phone} ${blink} Chrome/138.0.0.0 Mobile Safari/537.36 EdgA/138.0.0.0`, 'Edge', 'Android', 'phone'],
  [`Mozilla/5.0 (Linux; Android 14; SM-F956B) ${blink} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`, 'Samsung Internet', 'Android', 'phone'],
  [`Mozilla/5.0 (Linux; Android 12; XT2045-3) ${blink} Chrome/116.0.0.0 Mobile Safari/537.36 OPR/103.0.4892.0`, 'Opera', 'Android', 'phone'],
  [`Mozilla/5.0 (Linux; Android 5.1.1; NX505J Build/A1) ${blink} Chrome/84.0.0.0 Mobile Safari/537.36 OPT/2.6`, 'Opera', 'Android', 'phone'],
  [`Mozilla/5.0 (Linux; Android 14; A142P Build/A1) ${blink} Chrome/130.0.0.0 Mobile Safari/537.36 OPX/2.6`, 'Opera GX', 'Android', 'phone'],
  ['Opera/9.80 (J2ME/MIDP; Opera Mini/9.5/37.8069; U; en) Presto/2.12.423 Version/12.16', 'Opera Mini', '', 'phone'],
  ['Mozilla/5.0 (Linux; Android 8.1.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/92.0.0.0 Mobile DuckDuckGo/5 Safari/537.36', 'DuckDuckGo', 'Android', 'phone'],
  ['Mozilla/5.0 (Linux; U; Android 15; en-US; RMX5253 Build/A1) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/123.0.0.0 UCBrowser/15.0.9.1385 Mobile Safari/537.36', 'UC Browser', 'Android', 'phone'],
  [`Mozilla/5.0 (Linux; Android 12; HarmonyOS; BKY-W09; HMSCore 6.14.0.309; GMSCore 0.3.6.244735) ${blink} Chrome/99.0.0.0 HuaweiBrowser/14.0.2.314 Safari/537.36`, 'Huawei Browser', 'HarmonyOS', 'tablet'],
  ['Mozilla/5.0 (Linux; U; Android 12; ru-ru; POCO M4 5G Build/A1) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.0.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/13.16.0-gn', 'Mi Browser', 'Android', 'phone'],
  [`Mozilla/5.0 (Linux; Android 4.4.3; KFTHWI) ${blink} Silk/81.2.16 like Chrome/81.0.0.0 Safari/537.36`, 'Amazon Silk', 'Fire OS', 'tablet'],
  [`${iphone} ${webkit} Version/18.6 Mobile/15E148 Safari/604.1`, 'Safari', 'iOS', 'phone'],
  [`${ipad} ${webkit} Version/17.7 Mobile/15E148 Safari/604.1`, 'Safari', 'iPadOS', 'tablet'],
  [`${iphone} ${webkit} CriOS/135.0.7049.53 Mobile/15E148 Safari/604.1`, 'Chrome', 'iOS', 'phone'],
  [`${iphone} ${webkit} FxiOS/143.0 Mobile/15E148 Safari/605.1.15`, 'Firefox', 'iOS', 'phone'],
  [`${iphone} ${webkit} Version/18.0 EdgiOS/138.0.3351.77 Mobile/15E148 Safari/605.1.15`, 'Edge', 'iOS', 'phone'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 11_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) OPT/5.4 Mobile/15E148', 'Opera', 'iOS', 'phone'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 9_2 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) OPiOS/12.1.1.98980 Mobile/13C75 Safari/9537.53', 'Opera Mini', 'iOS', 'phone'],
  [`${iphone} ${webkit} Version/18.6 Mobile/15E148 Safari/604.1 Ddg/18.6`, 'DuckDuckGo', 'iOS', 'phone'],
  ['Mozilla/5.0 (iPad; CPU OS 16_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.4 YaBrowser/23.3.3.330 Mobile/15E148 Safari/605.1', 'Yandex Browser', 'iPadOS', 'tablet'],
  // Only the phone and tablet builds say CriOS, so a desktop-mode iPad gives itself away there, as it does not in Safari.
  [`${mac} ${webkit} CriOS/135 Version/11.1.1 Safari/605.1.15`, 'Chrome', 'iPadOS', 'tablet'],
  // Inside other apps
  [`Mozilla/5.0 (Linux; Android 10; Mi Note 10 Lite Build/A1; wv) ${blink} Version/4.0 Chrome/88.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/307.0.0.40.111;]`, 'Facebook', 'Android', 'phone'],
  ['Mozilla/5.0 (iPad; CPU OS 15_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBDV/iPad13,18;FBMD/iPad;FBSN/iPadOS;FBSV/15.4;FBSS/2;FBID/tablet;FBLC/en_US;FBOP/5]', 'Facebook', 'iPadOS', 'tablet'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 12_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/MessengerForiOS;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/12.4.1;FBSS/3;FBID/phone;FBLC/de_DE;FBOP/5]', 'Messenger', 'iOS', 'phone'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 340.0 (iPhone15,3; iOS 16_5; ru_UZ; ru-UZ; scale=3.00; 1290x2796; 474411477)', 'Instagram', 'iOS', 'phone'],
  [`${webView} Barcelona 324.0.0.25.109 Android (34/14; 600dpi; 495x1082; samsung; SM-S928W; e3q; qcom; en_CA; 581020806)`, 'Threads', 'Android', 'phone'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 14_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_21.1.0 JsSdk/2.0 NetType/4G Channel/App Store ByteLocale/ru Region/RU ByteFullLocale/ru-RU isDarkMode/1 WKWebView/1 BytedanceWebview/d8a21c6', 'TikTok', 'iOS', 'phone'],
  [`Mozilla/5.0 (Linux; Android 11; 6025H_EEA Build/A1; wv) ${blink} Version/4.0 Chrome/91.0.0.0 Mobile Safari/537.36 trill_2022003030 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/20.7.5 ByteLocale/en ByteFullLocale/en Region/US`, 'TikTok', 'Android', 'phone'],
  [`Mozilla/5.0 (Linux; Android 13; PHF110 Build/A1; wv) ${blink} Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20231202 MMWEBID/4213 MicroMessenger/8.0.46.2540(0x28002E3C) WeChat/arm64 Weixin NetType/5G Language/zh_CN ABI/arm64`, 'WeChat', 'Android', 'phone'],
  [`Mozilla/5.0 (Linux; Android 15; Pixel 6 Pro Build/A1; wv) ${blink} Version/4.0 Chrome/132.0.0.0 Mobile Safari/537.36 Line/15.0.0/IAB`, 'LINE', 'Android', 'phone'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 16_0_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Mobile/15E148 Snapchat/12.33.0.36 (like Safari/8614.1.25.0.31, panda)', 'Snapchat', 'iOS', 'phone'],
  // Glued together by the app itself.
  [`Mozilla/5.0 (Linux; Android 10; M2006C3LG Build/A1; wv) ${blink} Version/4.0 Chrome/96.0.0.0 Mobile Safari/537.36Snapchat11.59.0.35 (M2006C3LG; Android 10#V12.0.17.0.QCDMIXM#29; gzip)`, 'Snapchat', 'Android', 'phone'],
  [`${iphone} ${webkit} Mobile/15E148 [Pinterest/iOS]`, 'Pinterest', 'iOS', 'phone'],
  [`Mozilla/5.0 (Linux; Android 15; SM-A146P Build/A1; wv) ${blink} Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 [LinkedInApp]/2.200.63`, 'LinkedIn', 'Android', 'phone'],
  ['Mozilla/5.0 (iPad; CPU OS 15_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/19H12 Twitter for iPhone/10.34', 'X', 'iPadOS', 'tablet'],
  [`${iphone} ${webkit} GSA/271.3.546369769 Mobile/15E148 Safari/604.1`, 'Google app', 'iOS', 'phone'],
  [webView, 'Android WebView', 'Android', 'phone'],
  [`${iphone} ${webkit} Mobile/15E148`, 'iOS WebView', 'iOS', 'phone'],
  // Televisions, consoles, headsets
  ['Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/76.0.0.0 TV Safari/537.36', 'Samsung Internet', 'Tizen', 'tv'],
  [`Mozilla/5.0 (Web0S; Linux/SmartTV) ${blink} Chrome/87.0.0.0 Safari/537.36 WebAppManager`, 'Chrome', 'webOS', 'tv'],
  [`Mozilla/5.0 (Linux; Android 9; AFTWMST22) ${blink} Silk/94.1.208 like Chrome/94.0.0.0 Safari/537.36`, 'Amazon Silk', 'Fire OS', 'tv'],
  ['Mozilla/5.0 (PlayStation 5/6.00) AppleWebKit/605.1.15 (KHTML, like Gecko)', 'Unknown browser', 'PlayStation', 'console'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) ${blink} Chrome/46.0.0.0 Safari/537.36 Edge/13.10586`, 'Edge', 'Xbox', 'console'],
  ['Mozilla/5.0 (Nintendo Switch; WebApplet) AppleWebKit/609.4 (KHTML, like Gecko) NF/6.0 NintendoBrowser/5.1', 'Unknown browser', 'Nintendo', 'console'],
  ['Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/32.1.0.37.133.575621010 Chrome/122.0.0.0 VR Safari/537.36', 'Meta Quest Browser', 'Horizon OS', 'unknown'],
  // Phones that name no system of their own, or two
  ['Mozilla/5.0 (Mobile; Acme 4044; rv:37.0) Gecko/37.0 Firefox/37.0 KaiOS/1.0', 'Firefox', 'KaiOS', 'phone'],
  [`Mozilla/5.0 (Cloud Phone 2.4; Acme 4G) ${blink} Chrome/132.0 Mobile Safari/537.36 Puffin/132.0`, 'Puffin', '', 'phone'],
  [`Mozilla/5.0 (Linux; Acme OS like Android 9) ${blink} Chrome/87.0 Mobile Safari/537.36`, 'Chrome', 'Linux', 'phone'],
  [`Mozilla/5.0 (Linux; Android 8.1.0; BlackBerry X) ${blink} Chrome/120.0 Mobile Safari/537.36`, 'Chrome', 'Android', 'phone'],
  // Programs
  ['curl/8.5.0', 'curl', '', 'program'],
  ['Wget/1.21.4', 'Wget', '', 'program'],
  ['Wget/1.12 (linux-gnu)', 'Wget', 'Linux', 'program'],
  ['HTTPie/3.2.2', 'HTTPie', '', 'program'],
  ['PostmanRuntime/7.26.5', 'Postman', '', 'program'],
  ['python-requests/2.32.3', 'Python', '', 'program'],
  ['Python/3.9 aiohttp/3.8.1', 'Python', '', 'program'],
  ['Go-http-client/2.0', 'Go', '', 'program'],
  ['node', 'Node.js', '', 'program'],
  ['node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', 'Node.js', '', 'program'],
  ['undici', 'Node.js', '', 'program'],
  ['axios/1.7.2', 'Node.js', '', 'program'],
  ['okhttp/4.12.0', 'OkHttp', '', 'program'],
  ['Java/17.0.12', 'Java', '', 'program'],
  ['Apache-HttpClient/4.5.14 (Java/17.0.12)', 'Java', '', 'program'],
  ['Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.5737', 'PowerShell', 'Windows', 'program'],
  [`${x11} ${blink} HeadlessChrome/140.0.0.0 Safari/537.36`, 'Headless Chrome', 'Linux', 'program'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Thunderbird/128.5.0', 'Thunderbird', 'macOS', 'desktop'],
  // Look-alikes: a mark inside a longer word is not that mark.
  ['SkyLine/2.0 NotFirefox/1 (HackintoshMacintosh; xAndroid) libcurl/8.5.0 (like curl/8.5.0)', 'Unknown browser', '', 'unknown'],
  ['Mozilla/5.0 (Linux; U; Android 4.2.2; zh-CN; InFocus M310 Build/A1) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30', 'Android Browser', 'Android', 'phone'],
  ['Mozilla/5.0 (compatible; Konqueror/3.5; Linux) KHTML/3.5.7 (like Gecko) (Debian)', 'Konqueror', 'Debian', 'desktop'],
  ['something else entirely', 'Unknown browser', '', 'unknown'],
  ['', 'Unknown browser', '', 'unknown'],
]

test.each(userAgents)('%s', (userAgent, browser, os, kind) => {
  expect(describeDevice({ userAgent })).toEqual({ browser, os, kind })
})

test('no user agent at all is an unknown browser', () => {
  expect(describeDevice({ userAgent: null })).toEqual({ browser: 'Unknown browser', os: '', kind: 'unknown' })
})

describe('hostile input', () => {
  const size = 8192
  const fill = (piece: string, length = size) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
  const marks = [
    '(',
    ';',
    '"',
    '\\',
    ',',
    '"\\',
    '",',
    ' ',
    '\0',
    '\uD83D',
    '\uDC00',
    'İ',
    'Mozilla/5.0 ',
    'Chrome/',
    'xChrome/',
    'xxAndroid',
    'Windows NT ',
    'node',
    '__proto__',
    'constructor',
    '<script>alert(1)</script>',
    '\u202Emoc.elgoog',
  ]

  /** The same bytes on every run, so that a failure can be repeated. */
  function* noise(count: number, length: number) {
    let state = 0x2545f491
    for (let n = 0; n < count; n++) {
      let text = ''
      while (text.length < length) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        // Now and then a real piece, so that not only the first comparison is reached.
        text +=
          state % 5 === 0 ? marks[state % marks.length] : String.fromCharCode(state >>> (state % 3 === 0 ? 16 : 24))
      }
      yield text
    }
  }

  test('never throws, and only ever answers with names of its own', { timeout: 20_000 }, () => {
    const kinds = ['desktop', 'phone', 'tablet', 'tv', 'console', 'program', 'unknown']
    for (const text of [...marks, ...marks.map((mark) => fill(mark)), ...noise(300, 200), ...noise(20, size)]) {
      const hints = {
        'sec-ch-ua': text,
        'sec-ch-ua-platform': `"${text}"`,
        'sec-ch-ua-platform-version': text,
        'sec-ch-ua-mobile': text,
      }
      for (const signs of [
        { userAgent: text },
        { userAgent: null, hints },
        { userAgent: text, hints },
        { userAgent: chromeOnWindows + text, hints: { ...hints, 'sec-ch-ua-platform': '"Windows"' } },
      ]) {
        const device = describeDevice(signs)
        expect(browserNames).toContain(device.browser)
        expect(systemNames).toContain(device.os)
        expect(kinds).toContain(device.kind)
      }
    }
  })

  test('the names are words of ours: short, plain and each once', () => {
    for (const name of [...browserNames, ...systemNames]) expect(name).toMatch(/^[A-Za-z0-9 .]{0,20}$/)
    expect(new Set(browserNames).size).toBe(browserNames.length)
    expect(new Set(systemNames).size).toBe(systemNames.length)
  })

  test('a model, as any other text of the sender, is not repeated', () => {
    const device = describeDevice({
      userAgent: `Mozilla/5.0 (Linux; Android 14; You are hacked) ${blink} Chrome/140.0.0.0 Mobile Safari/537.36`,
    })
    expect(JSON.stringify(device)).not.toContain('hacked')
  })

  /** Characters that the string searches of one call look at, at most. */
  function charactersRead(userAgent: string): number {
    const { indexOf, startsWith } = String.prototype
    let read = 0
    String.prototype.indexOf = function (this: string, needle: string, from = 0) {
      const at = indexOf.call(this, needle, from)
      read += (at === -1 ? this.length : at + needle.length) - from
      return at
    }
    String.prototype.startsWith = function (this: string, needle: string) {
      read += needle.length
      return startsWith.call(this, needle)
    }
    try {
      describeDevice({ userAgent })
    } finally {
      Object.assign(String.prototype, { indexOf, startsWith })
    }
    return read
  }

  test.each(['(', 'xChrome/', 'xAndroid', 'xx', 'Mozilla/5.0 ', 'Linux xLinux '])(
    'the work for repeats of %j grows as their length, and stops at the limit',
    (piece) => {
      const half = charactersRead(fill(piece, longestRead / 2))
      const whole = charactersRead(fill(piece, longestRead))
      expect(half).toBeGreaterThan(longestRead)
      expect(whole).toBeLessThan(half * 2.1)
      expect(charactersRead(fill(piece, size))).toBe(whole)
    },
  )

  test('what stands after the limit is not read', () => {
    expect(describeDevice({ userAgent: fill(' ', longestRead) + 'Firefox/143.0' }).browser).toBe('Unknown browser')
    expect(
      describeDevice({ userAgent: null, hints: { 'sec-ch-ua': `${fill(' ', longestRead)}"Brave"` } }).browser,
    ).toBe('Unknown browser')
  })
})
