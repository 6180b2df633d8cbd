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
    ['skopeo/1.14.0', 'HTTP client'],
    ['azsdk-python-acme/1.2.0 Python/3.12.5 (Linux-6.5)', 'HTTP client'],
    ['Mozilla/5.0 (Linux x64) node.js/20.1.0 v8/11.3.244', 'Node.js'],
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
    [
      'a robot in the words of the engine',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; AcmeFinder) Chrome/142.0 Safari/537.36',
    ],
    [
      'a robot that names its site',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/102.0 Safari/537.36 by Acme.com`,
    ],
    ['a scan', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_0) ${blink} Chrome/71.0 Safari/537.36 acme-scan`],
    ['a click of a monitor', 'Mozilla/5.0 (X11; Linux x86_64; rv:52.0) Gecko/20100101 Firefox/52.0 DejaClick/2.9.7'],
    [
      'a monitor in a bracket',
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) ${blink} Chrome/97.0 Safari/537.36 (ThousandEyes Agent)`,
    ],
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
    [
      'an app for documents',
      `Mozilla/5.0 (Linux; Android 13; SM-A528B; wv) ${blink} Version/4.0 Chrome/118.0 Mobile Safari/537.36 AcmeScanner/6.5`,
      'phone',
    ],
    ['an app that is called a bot', 'Acmebot/533 CFNetwork/1335.0.3 Darwin/21.6.0', 'unknown'],
    ['an app that writes its system small', 'AcmePod/1.2 (phone;android 13) https://acme.example', 'unknown'],
    [
      'an app that is called like a site',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Acme.io/2.0 Chrome/120.0 Electron/28.0 Safari/537.36`,
      'desktop',
    ],
    [
      'a toolbar that names its site',
      'Mozilla/5.0 (Windows NT 6.1; rv:1.9) Gecko/20101026 Acme.com Toolbar 2.0 Firefox/3.5',
      'desktop',
    ],
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
