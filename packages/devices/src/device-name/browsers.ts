import type { Marks } from './marks.js'

export interface Browser {
  readonly name: string
  readonly marks: Marks
  /** Names in Sec-CH-UA. */
  readonly brands?: readonly string[]
  /** The brand names only the engine that an app is built on: a name in the user agent is better. */
  readonly vague?: true
  readonly program?: true
}

const programs: Readonly<Record<string, Marks>> = {
  curl: ['^curl/', '^libcurl'],
  Wget: ['^Wget', '^Wget2/'],
  HTTPie: ['^HTTPie/'],
  Postman: ['^PostmanRuntime/', 'Postman/'],
  Insomnia: ['^insomnia/'],
  PowerShell: ['WindowsPowerShell/', 'PowerShell/'],
  Python: ['^python-', '^Python', '^aiohttp/', '^httpx/', 'python-requests/', '^Scrapy/'],
  Go: ['^Go-http-client/', '^Go ', '^go-resty/', '^fasthttp'],
  'Node.js': ['^node', '^Node.js', '^undici', '^axios/', '^got ', '^got/', '^superagent/', '^needle/'],
  Bun: ['^Bun/'],
  Deno: ['^Deno/'],
  Rust: ['^reqwest/', '^hyper/', '^hyper-util/', '^ureq/', '^isahc/', '^awc/', '^attohttpc/'],
  Ruby: ['^Ruby', '^Faraday', '^rest-client/', '^http.rb/', '^Typhoeus', '^HTTParty', '^excon/'],
  PHP: ['^PHP', '^GuzzleHttp/', '^Guzzle/', '^Symfony HttpClient', '^Buzz/'],
  Perl: ['^libwww-perl/', '^LWP', '^HTTP-Tiny/', '^Mojolicious', '^WWW-Mechanize'],
  Java: [
    '^Java/',
    '^Java-http-client/',
    '^Apache-HttpClient/',
    '^Apache-HttpAsyncClient/',
    '^Jakarta',
    '^Jersey/',
    '^jersey/',
    '^ReactorNetty/',
    '^AHC/',
    '^ktor-client',
    '^Ktor client',
  ],
  '.NET': ['^RestSharp/', '^.NET', '^Flurl', '^Microsoft.Data'],
  Elixir: ['^hackney/', '^Req/', '^req/', '^mint/', '^Tesla/'],
  k6: ['^k6/', '^Grafana k6/'],
  JMeter: ['^Apache-JMeter', '^JMeter'],
  OkHttp: ['^okhttp/'],
}

/**
 * Marks of robots and monitors. Such a mark is a word that ends in "bot", "crawler" or "spider", or the name of a tool. Another is
 * a plus and the address of a page that explains the robot. Phones are called "Cubot" or "M bot 54". Toolbars left an address without a plus.
 */
const robots: Marks = [
  /(?<![Cc]u)(?:[bB]ot|[cC]rawler|[sS]pider|[sS]craper)(?=[/;),@]|$| \()/,
  /^(?!.*(?:Android|iOS|iPhone|iPad)).*(?:[bB]ot|[cC]rawler|[sS]pider|[sS]craper)(?![a-z])/,
  /^(?!.*(?:Android|iOS|iPhone|iPad)).*\+ ?https?:\/\//,
  /compatible;[^)]*\+ ?https?:\/\//,
  /(?:^|[;( ])(?:[A-Za-z0-9.-]*(?:[mM]onitor|[cC]hecker|[sS]canner|[sS]ynthetics|[uU]ptime|[pP]ingdom))(?![A-Za-z])/,
  /Chrome-Lighthouse|Google Page Speed|PageSpeed|Google Search Console|GTmetrix|PTST\/|WebPageTest/,
  /StatusCake|Site24x7|Uptimia|Ghost Inspector|Checkly|NewRelic|Nagios|check_http|Zabbix|BetterStack|Better Stack/,
  /PhantomJS|SlimerJS|Playwright|Puppeteer|Selenium|WebDriver|Cypress|jsdom\/|Prerender|HeadlessFirefox|HeadlessEdg/,
  /facebookexternalhit|Google-[A-Z]|Mediapartners-Google|Slurp|WordPress\//,
]

/** Sent beside the brand of Edge by a window that another app shows. */
export const WEBVIEW2 = 'Microsoft Edge WebView2'

/** The first row that fits is taken, so those that pose as others stand before these. */
export const browsers: readonly Browser[] = [
  ...Object.entries(programs).map(([name, marks]) => ({ name, program: true, marks }) as const),
  { name: 'Headless Chrome', program: true, marks: ['HeadlessChrome'], brands: ['HeadlessChrome'] },
  { name: 'Bot', program: true, marks: robots },
  { name: 'Messenger', marks: ['FBAN/Messenger', 'FBAN/Orca', 'FB_IAB/Orca'] },
  { name: 'Instagram', marks: ['Instagram'] },
  { name: 'Threads', marks: ['Barcelona '] },
  { name: 'Facebook', marks: ['FBAN/', 'FBAV/', 'FB_IAB/'] },
  { name: 'TikTok', marks: ['musical_ly', 'trill_', 'BytedanceWebview/', 'TikTok'] },
  { name: 'WeChat', marks: ['MicroMessenger/'] },
  { name: 'LINE', marks: ['Line/'] },
  { name: 'KakaoTalk', marks: ['KAKAOTALK'] },
  { name: 'Snapchat', marks: ['Snapchat'] },
  { name: 'Pinterest', marks: ['Pinterest'] },
  { name: 'LinkedIn', marks: ['LinkedInApp', 'LinkedIn/'] },
  { name: 'X', marks: ['Twitter for', 'TwitterAndroid', 'Twitter/'] },
  { name: 'WhatsApp', marks: ['WhatsApp/'] },
  { name: 'Telegram', marks: ['Telegram-Android/', 'Telegram/', 'Telegram-iOS/'] },
  { name: 'Reddit', marks: ['Reddit/', 'RedditAndroid/'] },
  { name: 'Google app', marks: ['GSA/'] },
  { name: 'Slack', marks: ['Slack/', 'Slack_SSB/'] },
  { name: 'Discord', marks: ['Discord/', 'discord/'] },
  { name: 'Teams', marks: ['Teams/', 'TeamsMobile'] },
  { name: 'Outlook', marks: ['Outlook/', 'Outlook-iOS/', 'Outlook-Android/', 'Microsoft Outlook'] },
  { name: 'Zoom', marks: ['ZoomWebKit/', 'Zoom/', 'zoom.us/', 'ZoomApps/'] },
  { name: 'Skype', marks: ['Skype/'] },
  { name: 'Desktop app', marks: ['Electron/'] },
  { name: 'Brave', marks: ['Brave/', 'Brave Chrome/', / Brave$/], brands: ['Brave', 'Brave Browser'] },
  { name: 'Edge', marks: ['Edg/', 'EdgA/', 'EdgiOS/', 'Edge/'], brands: ['Microsoft Edge', 'Edge'] },
  { name: 'Edge', vague: true, marks: [], brands: [WEBVIEW2] },
  { name: 'Opera GX', marks: ['OPRGX/', 'OPX/'], brands: ['Opera GX', 'Opera GX Android'] },
  { name: 'Opera Mini', marks: ['Opera Mini/', 'OPiOS/'], brands: ['Opera Mini Android'] },
  {
    name: 'Opera',
    marks: ['OPR/', 'OPT/', 'Opera/', 'Opera '],
    brands: ['Opera', 'OperaMobile', 'Opera Air', 'Opera Crypto'],
  },
  { name: 'Meta Quest Browser', marks: ['OculusBrowser/'], brands: ['Oculus Browser'] },
  { name: 'Samsung Internet', marks: ['SamsungBrowser/'], brands: ['Samsung Internet'] },
  { name: 'Vivaldi', marks: ['Vivaldi/'], brands: ['Vivaldi'] },
  { name: 'DuckDuckGo', marks: ['DuckDuckGo/', 'Ddg/'], brands: ['DuckDuckGo'] },
  { name: 'Ecosia', marks: ['(Ecosia ', 'Ecosia/', 'EcosiaApp'], brands: ['Ecosia'] },
  {
    name: 'Yandex Browser',
    marks: ['YaBrowser/', 'YaSearchBrowser/', 'YaApp_Android/', 'YaApp_iOS/', 'YaSearchApp/'],
    brands: ['YaBrowser', 'Yandex'],
  },
  { name: 'UC Browser', marks: ['UCBrowser', 'UC Browser', 'UCWEB'] },
  { name: 'QQ Browser', marks: ['MQQBrowser/', 'QQBrowser/', 'QQ/'] },
  { name: 'Baidu', marks: ['baiduboxapp/', 'baidubrowser/', 'BIDUBrowser/'] },
  { name: 'Whale', marks: ['Whale/'], brands: ['Whale'] },
  { name: 'Huawei Browser', marks: ['HuaweiBrowser/', 'Huawei Browser/'], brands: ['HuaweiBrowser'] },
  { name: 'Mi Browser', marks: ['MiuiBrowser/'], brands: ['Miui Browser'] },
  { name: 'Amazon Silk', marks: ['Silk/'] },
  { name: 'Firefox Focus', marks: ['Focus/', 'Klar/'] },
  { name: 'LibreWolf', marks: ['LibreWolf/'] },
  { name: 'Firefox', marks: ['Firefox/', 'FxiOS/'] },
  { name: 'Internet Explorer', marks: ['MSIE ', 'Trident/'] },
  {
    name: 'Android WebView',
    vague: true,
    marks: ['wv)', ['Android', 'Version/4.0 Chrome/']],
    brands: ['Android WebView'],
  },
  { name: 'Chromium', vague: true, marks: ['Chromium/'], brands: ['Chromium'] },
  { name: 'Chrome', marks: ['Chrome/', 'CriOS/'], brands: ['Google Chrome'] },
  { name: 'Android Browser', marks: [['Android', 'Version/', 'Safari/']] },
  { name: 'Safari', marks: [['Mac OS X', 'Safari/']] },
  { name: 'iOS WebView', marks: [['like Mac OS X', 'Mobile/']] },
  // Apple's and Android's libraries send these for an app that sets no user agent.
  {
    name: 'App',
    marks: [
      'CFNetwork/',
      'Darwin/',
      'Dalvik/',
      'Cronet/',
      /^(?!Mozilla)[A-Za-z][A-Za-z0-9._ -]*\/[^(]*\((?:Linux; (?:U; )?Android|Android|iPhone|iPad|iOS)/,
    ],
  },
]
