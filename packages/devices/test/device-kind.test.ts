import { describe, expect, test } from 'vitest'
import { describeDevice } from '../src/device-name/describe.js'

const blink = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const kindOf = (userAgent: string) => describeDevice({ userAgent }).kind

describe('a program', () => {
  test.each([
    ['Bun/1.2.10', 'Bun'],
    ['Deno/2.1.4', 'Deno'],
    ['reqwest/0.12.5', 'Rust'],
    ['ureq/2.9.7', 'Rust'],
    ['Faraday v2.9.0', 'Ruby'],
    ['GuzzleHttp/7', 'PHP'],
    ['libwww-perl/6.77', 'Perl'],
    ['RestSharp/111.4.1.0', '.NET'],
    ['k6/0.49.0 (https://k6.io/)', 'k6'],
    ['python-httpx/0.27.0', 'Python'],
    ['aiohttp/3.9.1', 'Python'],
    ['Apache-HttpAsyncClient/4.1.4 (Java/11.0.22)', 'Java'],
    ['git/2.39.5 (Apple Git-154)', 'Git'],
    ['aws-cli/2.15.30 Python/3.11.8 Linux/6.1', 'AWS'],
    ['acme-http/2.4.0', 'HTTP client'],
    ['Acme::REST::Client/273', 'HTTP client'],
    ['ACME32 HTTP Client/1.0', 'HTTP client'],
    ['httr2/1.0.0 r-curl/5.2.0 libcurl/8.5.0', 'R'],
    ['R (4.3.1 x86_64-pc-linux-gnu x86_64 linux-gnu)', 'R'],
    ['lwp-request/6.67 libwww-perl/6.68', 'Perl'],
    ['acmed/25.0.3 go/go1.21.6 os/linux arch/amd64', 'Go'],
    ['Apache-CXF/3.5.5', 'Java'],
    ['niquests/3.9.0', 'Python'],
    ['acme-cli/0.3.1 reqwest/0.12.9', 'Rust'],
    ['npm/10.2.4 node/v20.11.0 linux x64 workspaces/false', 'Node.js'],
    ['libsoup/3.4.4', 'HTTP client'],
    ['Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)', 'HTTP client'],
  ])('%s is one, by the name of its language or tool', (userAgent, browser) => {
    expect(describeDevice({ userAgent })).toMatchObject({ browser, kind: 'program' })
  })

  test.each([
    ['a robot that says so', 'Mozilla/5.0+(compatible; AcmeRobot/2.0; http://robot.example/)'],
    [
      'a robot that poses as a phone',
      `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) ${blink} Chrome/41.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
    ],
    ['a robot that only gives its page', 'Mozilla/5.0 (compatible; AcmeEngine/1.0; +https://engine.example)'],
    ['a monitor', `Mozilla/5.0 (X11; Linux x86_64) ${blink} Chrome/138.0.0.0 Safari/537.36 DatadogSynthetics`],
    ['a test of speed', `Mozilla/5.0 (X11; Linux x86_64) ${blink} Chrome/98.0.0.0 Safari/537.36 PTST/220216.200657`],
    ['a crawler', 'acme-training-data-crawler'],
    ['a robot of an unknown name', 'Mozilla/5.0 (compatible; AcmeAgent/1.0)'],
    ['a robot that gives its page without a plus', 'AcmeFeeds/1.0 (http://feeds.example)'],
    [
      'a robot that gives an address for mail',
      `Mozilla/5.0 (Windows NT 10.0; ops@audit.example.com) ${blink} Chrome/58.0`,
    ],
    ['a monitor of one word', `Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/534.34 PingdomTMS/0.8.5 Safari/534.34`],
    [
      'a robot without a number',
      `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) ${blink} Chrome/131.0 Mobile Safari/537.36 (compatible; GoogleOther)`,
    ],
    ['an agent of a model', `Mozilla/5.0 (X11; Linux x86_64) ${blink} Chrome/132.0 Safari/537.36; Acme-User/1.0`],
    [
      'a robot whose page stands at the end',
      `Mozilla/5.0 (X11; Linux x86_64) ${blink} Chrome/43.0 Safari/537.36 http://ninja.example/monitoring`,
    ],
    ['a probe of a cluster', 'kube-probe/1.29'],
    ['a monitor of metrics', 'Prometheus/2.53.0'],
    ['a check of a balancer', 'GoogleHC/1.0'],
    ['a scanner', 'Mozilla/5.0 zgrab/0.x'],
    ['a scanner in a bracket', 'Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)'],
    ['a preview', 'Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b'],
  ])('%s is one', (_, userAgent) => {
    expect(describeDevice({ userAgent })).toMatchObject({ browser: 'Bot', kind: 'program' })
  })

  test.each([
    [
      'CUBOT makes phones',
      `Mozilla/5.0 (Linux; Android 8.1.0; CUBOT_NOVA) ${blink} Chrome/92.0.0.0 Mobile Safari/537.36`,
    ],
    ['in any spelling', `Mozilla/5.0 (Linux; Android 11; Cubot P50) ${blink} Chrome/92.0.0.0 Mobile Safari/537.36`],
    [
      'and others call theirs a bot',
      `Mozilla/5.0 (Linux; Android 7.0; M bot 54) ${blink} Chrome/78.0.0.0 Mobile Safari/537.36`,
    ],
    ['or a quest', `Mozilla/5.0 (Linux; Android 4.4; Acme Quest 510) ${blink} Chrome/80.0.0.0 Mobile Safari/537.36`],
    ['or a spider', `Mozilla/5.0 (Linux; Android 13; Spider 8) ${blink} Chrome/124.0.0.0 Mobile Safari/537.36`],
  ])('%s', (_, userAgent) => {
    expect(kindOf(userAgent)).toBe('phone')
  })

  test.each([
    ['a browser from before', 'Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Trident/6.0)', 'desktop'],
    ['an app that names its library', 'Acme/2.3 (com.acme; Android 14; SM-S921B) okhttp/4.12.0', 'phone'],
    ['an app called like a library', 'HTTPAcme/3.0 (iPhone; iOS 17.4; Scale/3.00)', 'phone'],
    ['an app called like a language', 'RubyBrowser/46.3 (iPad; iOS 15.0; Scale/2.00)', 'tablet'],
    ['a preview that people use', 'Acme%20Preview/15610 CFNetwork/1126 Darwin/19.5.0 (x86_64)', 'desktop'],
    ['a reader of feeds', 'AcmeFeeds/1.6 (Linux; en_US; http://feeds.example/)', 'desktop'],
    ['an app with a page', 'Acme/6.1 (macOS; RSS Reader; https://acme.example/)', 'desktop'],
  ])('%s is none', (_, userAgent, kind) => {
    expect(kindOf(userAgent)).toBe(kind)
  })

  test('an address alone makes no robot', () => {
    const toolbar =
      'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; TuneUp HTML Client Embedded Web Browser from: http://bsalsa.com/; .NET CLR 1.1.4322)'
    expect(describeDevice({ userAgent: toolbar })).toEqual({
      browser: 'Internet Explorer',
      os: 'Windows XP',
      kind: 'desktop',
    })
  })
})

describe('a tablet', () => {
  test.each([
    ['leaves Mobile out in a browser', `Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/140.0.0.0 Safari/537.36`],
    [
      'says Tab beside Mobile',
      `Mozilla/5.0 (Linux; Android 5.1; Masstel Tab 706) ${blink} Chrome/80.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'says Pad beside Mobile',
      `Mozilla/5.0 (Linux; Android 14; Pad 7 WiFi) ${blink} Chrome/130.0.0.0 Mobile Safari/537.36`,
    ],
    [
      "has a model of Samsung's tablets",
      `Mozilla/5.0 (Linux; Android 10; SM-P580 Build/A1) ${blink} Chrome/93.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'says it in the app of Yandex',
      `Mozilla/5.0 (Linux; arm_64; Android 12; WEB-W00) ${blink} Chrome/132.0.0.0 YaSearchBrowser/25.26/apad BroPP/1.0 YaSearchApp/25.26/apad webOmni SA/3 Mobile Safari/537.36`,
    ],
    ['runs HarmonyOS', `Mozilla/5.0 (Tablet; OpenHarmony 5.0) ${blink} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1`],
    [
      "says Linux in Samsung's desktop mode",
      `Mozilla/5.0 (X11; Linux x86_64) ${blink} SamsungBrowser/30.0 Chrome/143.0.0.0 Safari/537.36`,
    ],
    ['says PAD in capitals', `Mozilla/5.0 (Linux; Android 13; ACME PAD 8) ${blink} Chrome/76.0 Mobile Safari/537.36`],
    ["has a model of Huawei's", `Mozilla/5.0 (Linux; Android 10; ABC-W09) ${blink} Chrome/76.0 Mobile Safari/537.36`],
    ["has a model of Lenovo's", `Mozilla/5.0 (Linux; Android 13; TB350FU) ${blink} Chrome/108.0 Mobile Safari/537.36`],
    [
      "has a model of Xiaomi's",
      `Mozilla/5.0 (Linux; Android 14; 24091RPXYZ) ${blink} Chrome/118.0 Mobile Safari/537.36`,
    ],
    ...['ePad 7i', 'Zpad-X8', 'Xtab 7', 'AcmeMiniTab73', 'ACMETAB25', 'CPN-L09', 'AGS2-AL00'].map(
      (model): [string, string] => [
        `is the ${model}`,
        `Mozilla/5.0 (Linux; Android 9; ${model}) ${blink} Chrome/95.0 Mobile Safari/537.36`,
      ],
    ),
    ["is one of Amazon's in an app", 'Dalvik/2.1.0 (Linux; U; Android 9; KFXYWI Build/PS7331)'],
    [
      "says Linux in Amazon's desktop mode",
      `Mozilla/5.0 (X11; Linux x86_64) ${blink} Silk/120.4 like Chrome/120.0 Safari/537.36`,
    ],
  ])('%s', (_, userAgent) => {
    expect(kindOf(userAgent)).toBe('tablet')
  })

  // prettier-ignore
  test.each([
    'OPD2403', 'iPA2556', 'PA2170', 'RMP2102', 'PMT4208_3G_EEA', 'TZ727', 'BQ-7056G', 'Nokia T21', 'TPC1013_EEA', 'Nomi_C080034',
    '9032X_RU', '8094T_EEA', '9060X', '8084_EEA', '9137W', 'M9_Wifi', 'X14 WiFi', 'iPlay50_mini_Pro', 'Acme Kids 70',
  ])('is the model %s, although it says Mobile', (model) => {
    expect(kindOf(`Mozilla/5.0 (Linux; Android 13; ${model}) ${blink} Chrome/138.0.0.0 Mobile Safari/537.36`)).toBe(
      'tablet',
    )
  })

  test.each(['9008X', '8050X', '9001D', '5033X_EEA', 'PA2310GBB', 'WiFi2', 'TECNO KM5'])(
    'is not the model %s',
    (model) => {
      expect(kindOf(`Mozilla/5.0 (Linux; Android 13; ${model}) ${blink} Chrome/138.0.0.0 Mobile Safari/537.36`)).toBe(
        'phone',
      )
    },
  )

  test('a phone that is unfolded is none', () => {
    expect(kindOf(`Mozilla/5.0 (Linux; Android 14; SM-F956B) ${blink} Chrome/125.0.0.0 Safari/537.36`)).toBe('phone')
  })

  test('a phone in desktop mode is none, if its model is known', () => {
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64) ${blink} SamsungBrowser/30.0 Chrome/143.0.0.0 Safari/537.36`
    const hints = { 'sec-ch-ua-platform': '"Android"', 'sec-ch-ua-mobile': '?0', 'sec-ch-ua-model': '"SM-S911B"' }
    expect(describeDevice({ userAgent, hints })).toMatchObject({ os: 'Android', kind: 'phone' })
  })

  test.each([
    ['Sailfish OS', 'Mozilla/5.0 (Maemo; Linux; U; Jolla; Sailfish; Tablet; rv:91.0) Gecko/91.0 SailfishBrowser/1.0'],
    ['Linux', `Mozilla/5.0 (Linux; Ubuntu 20.04 like Android 9) ${blink} Chrome/87.0.4280.144 Safari/537.36`],
  ])('may run %s', (os, userAgent) => {
    expect(describeDevice({ userAgent })).toMatchObject({ os, kind: 'tablet' })
  })

  test('a Coolpad is a phone', () => {
    expect(
      kindOf(`Mozilla/5.0 (Linux; Android 7.1.1; Coolpad E2C) ${blink} Chrome/86.0.0.0 Mobile Safari/537.36`),
    ).toBe('phone')
  })
})

describe('an iPad that says it is a Mac', () => {
  const safari =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15'
  const touch = { 'x-touch-screen': '?1' }

  test('is a tablet if its page reported a touch screen', () => {
    expect(describeDevice({ userAgent: safari, hints: touch })).toEqual({
      browser: 'Safari',
      os: 'iPadOS',
      kind: 'tablet',
    })
  })

  test.each(['Brave', '(Ecosia ios@11.1.0.2000)', 'OPT/5.4.0'])('is a tablet if %s runs on it', (browser) => {
    expect(describeDevice({ userAgent: `${safari} ${browser}` })).toMatchObject({ os: 'iPadOS', kind: 'tablet' })
  })

  test.each([
    ['a page that reports none', safari, {}],
    ['a word that is no report', safari, { 'x-touch-screen': '1' }],
    [
      'a browser that sends its platform',
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${blink} Chrome/140.0.0.0 Safari/537.36`,
      { ...touch, 'sec-ch-ua-platform': '"macOS"' },
    ],
  ])('%s leaves it a Mac', (_, userAgent, hints) => {
    expect(describeDevice({ userAgent, hints })).toMatchObject({ os: 'macOS', kind: 'desktop' })
  })

  test('a touch screen makes no tablet of a laptop with Windows', () => {
    const userAgent = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/140.0.0.0 Safari/537.36`
    expect(describeDevice({ userAgent, hints: touch }).kind).toBe('desktop')
  })
})
