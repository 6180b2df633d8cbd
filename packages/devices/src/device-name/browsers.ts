import type { Marks } from './marks.js'
import { robots } from './robots.js'
import { ANDROID } from './systems.js'

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
  curl: ['^curl/', '^libcurl', '^PycURL/'],
  Wget: ['^Wget', '^Wget2/'],
  HTTPie: ['^HTTPie/'],
  Postman: ['^PostmanRuntime/', 'Postman/'],
  Insomnia: ['^insomnia/'],
  PowerShell: ['WindowsPowerShell/', 'PowerShell/'],
  Python: [
    '^python-',
    '^Python',
    '^aiohttp/',
    '^httpx/',
    '^niquests/',
    'python-requests/',
    '^Scrapy/',
    '^pip/',
    '^conda/',
  ],
  Go: ['^Go-http-client/', '^Go ', '^go-resty/', '^fasthttp', 'go/go1.'],
  'Node.js': [
    '^node',
    '^Node.js',
    ' node.js/',
    '^Needle/',
    '^undici',
    '^axios/',
    '^got ',
    '^got/',
    '^superagent/',
    '^needle/',
    '^npm/',
  ],
  Bun: ['^Bun/'],
  Deno: ['^Deno/'],
  Rust: ['reqwest/', '^hyper/', '^hyper-util/', '^ureq/', '^isahc/', '^awc/', '^attohttpc/'],
  Ruby: [/^Ruby(?![A-Za-z])/, '^Faraday', '^rest-client/', '^http.rb/', '^Typhoeus', '^HTTParty', '^excon/'],
  PHP: ['^PHP', '^Composer/', '^GuzzleHttp/', '^Guzzle/', '^Symfony HttpClient', '^Buzz/'],
  Perl: ['libwww-perl/', '^LWP', '^HTTP-Tiny/', '^Mojolicious', '^WWW-Mechanize'],
  R: ['^R (', '^R/', 'r-curl/'],
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
    '^unirest-java',
    '^Vert.x-WebClient/',
    '^Apache-CXF/',
    '^Retrofit/',
    '^sttp',
  ],
  '.NET': ['^RestSharp/', '^.NET', '^Flurl', '^Microsoft.Data'],
  Elixir: ['^hackney/', '^Req/', '^req/', '^mint/', '^Tesla/'],
  k6: ['^k6/', '^Grafana k6/'],
  JMeter: ['^Apache-JMeter', '^JMeter'],
  OkHttp: ['^okhttp/'],
  Git: ['^git/'],
  AWS: ['^aws-', '^Boto3/'],
  // Any other library that says so before its first bracket. Apps name the system of a phone.
  'HTTP client': [
    /^(?!.*(?:Android|iPhone|iPad|iOS|CFNetwork|PS\dApp))[\w.:/ -]*(?:http(?!s?:)|rest[-:]*client|urllib|requests|grpc|fetch)/i,
    /^(?:libsoup|aria2|xh|bruno-runtime|Gatling|hey|vegeta|autocannon|LuaSocket|Crystal|zig|skopeo|buildkit|cpprestsdk|urlgrabber|azsdk-[\w-]+)(?:[/ ]|$)/,
    'WinHttp.WinHttpRequest',
  ],
}

/** Sent beside the brand of Edge by a window that another app shows. */
export const WEBVIEW2 = 'Microsoft Edge WebView2'

/** Apps with a browser inside. They stand before the browser that they are built on. */
const apps: Readonly<Record<string, Marks>> = {
  Messenger: ['FBAN/Messenger', 'FBAN/Orca', 'FB_IAB/Orca', 'FB_IAB/MESSENGER'],
  Instagram: ['Instagram'],
  Threads: ['Barcelona '],
  Facebook: ['FBAN/', 'FBAV/', 'FB_IAB/'],
  TikTok: ['musical_ly', 'trill_', 'zhiliaoapp.musically', 'BytedanceWebview/', 'TikTok'],
  WeChat: ['MicroMessenger/'],
  Alipay: ['AlipayClient/', 'AliApp(AP'],
  Weibo: ['Weibo', '__weibo__'],
  LINE: ['Line/'],
  KakaoTalk: ['KAKAOTALK'],
  Naver: ['NAVER(inapp', '^NAVER/'],
  Daum: ['DaumApps/'],
  Zalo: ['Zalo/'],
  Snapchat: ['Snapchat'],
  Pinterest: ['Pinterest'],
  LinkedIn: ['LinkedInApp', 'LinkedIn/'],
  X: ['Twitter for', 'TwitterAndroid', 'Twitter/'],
  WhatsApp: ['WhatsApp/'],
  Telegram: ['Telegram-Android/', 'Telegram/', 'Telegram-iOS/'],
  Reddit: ['Reddit/', 'RedditAndroid/'],
  'Google app': ['GSA/', 'GoogleApp/'],
  Bing: ['BingSapphire/', 'BingWeb/'],
  Slack: ['Slack/', 'Slack_SSB/'],
  Discord: ['Discord/', 'discord/'],
  Teams: ['Teams/', 'TeamsMobile'],
  Outlook: ['Outlook/', 'OneOutlook/', 'MacOutlook/', 'Outlook-iOS/', 'Outlook-Android/', 'Microsoft Outlook'],
  'Microsoft Office': ['Microsoft Office', 'ms-office', 'MSOffice'],
  Zoom: ['ZoomWebKit/', 'Zoom/', 'zoom.us/', 'ZoomApps/'],
  Skype: ['Skype/'],
  Steam: ['Valve Steam', 'Valve/Steam'],
}

/** Browsers that add their names to those of the browsers that they are built on. */
const derived: Readonly<Record<string, Marks>> = {
  'UC Browser': ['UCBrowser', 'UC Browser', 'UC%20Browser', 'UCWEB', 'UCMobile/', 'UCKai/', 'UCPC/', 'UBrowser/'],
  'QQ Browser': ['MQQBrowser/', 'QQBrowser/', 'QQBrowserLite/'],
  QQ: ['QQ/'],
  Baidu: ['baiduboxapp/', 'baidubrowser', 'bdbrowser/', 'BIDUBrowser/', 'BaiduHD/'],
  Quark: ['Quark/', 'QuarkPC/'],
  '360 Browser': ['QIHU ', 'QihooBrowser/', 'QHBrowser/', '360SE', '360EE'],
  'Sogou Browser': ['MetaSr ', 'SogouMobileBrowser/', 'SogouMSE'],
  'Vivo Browser': ['VivoBrowser/'],
  'HeyTap Browser': ['HeyTapBrowser/'],
  'Honor Browser': ['HonorBrowser/'],
  Arc: ['Arc/', /ArcMobile\d?\//],
  'Phoenix Browser': ['PHX/'],
  'Coc Coc': ['coc_coc_browser/', 'CocCoc/'],
  Puffin: ['Puffin/'],
  Aloha: ['AlohaBrowser/'],
  Maxthon: ['Maxthon', 'MxBrowser'],
  'Avast Secure Browser': ['Avast/', 'AvastSecureBrowser/'],
  'AVG Secure Browser': ['AVG/'],
  'Norton Browser': ['Norton/'],
  Avira: ['Avira/'],
  Iron: ['Iron/', 'Iron Safari/'],
  Iridium: ['Iridium/'],
  Ladybird: ['Ladybird/'],
  Falkon: ['Falkon/'],
  qutebrowser: ['qutebrowser/'],
  Konqueror: ['Konqueror/', 'konqueror/'],
  'GNOME Web': ['Epiphany/'],
  Qwant: ['QwantMobile/', 'QwantBrowser/'],
  LibreWolf: ['LibreWolf/'],
  Floorp: ['Floorp/'],
  Waterfox: ['Waterfox/'],
  'Pale Moon': ['PaleMoon/'],
  SeaMonkey: ['SeaMonkey/'],
  Thunderbird: ['Thunderbird/'],
  'Sailfish Browser': ['SailfishBrowser/'],
  Wolvic: ['Wolvic/'],
  'PICO Browser': ['PicoBrowser/'],
  'LG Browser': ['LG Browser/'],
}

const rowsOf = (table: Readonly<Record<string, Marks>>): readonly Browser[] =>
  Object.entries(table).map(([name, marks]) => ({ name, marks, brands: [name] }))

/** The first row that fits is taken, so those that pose as others stand before these. */
export const browsers: readonly Browser[] = [
  ...rowsOf(programs).map((row) => ({ ...row, program: true }) as const),
  { name: 'Headless Chrome', program: true, marks: ['HeadlessChrome'], brands: ['HeadlessChrome'] },
  { name: 'Bot', program: true, marks: robots },
  ...rowsOf(apps),
  { name: 'Desktop app', marks: ['Electron/'] },
  { name: 'Brave', marks: ['Brave/', 'Brave Chrome/', / Brave ?$/], brands: ['Brave', 'Brave Browser'] },
  ...rowsOf(derived),
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
  { name: 'DuckDuckGo', marks: ['DuckDuckGo/', 'Ddg/', 'ddg_android/', 'DDG-'], brands: ['DuckDuckGo'] },
  { name: 'Ecosia', marks: ['(Ecosia ', 'Ecosia/', 'EcosiaApp'], brands: ['Ecosia'] },
  {
    name: 'Yandex Browser',
    marks: ['YaBrowser/', 'YaSearchBrowser/', 'YaApp_Android/', 'YaApp_iOS/', 'YaSearchApp/', 'YandexSearch/'],
    brands: ['YaBrowser', 'Yandex'],
  },
  { name: 'Whale', marks: ['Whale/'], brands: ['Whale'] },
  { name: 'Huawei Browser', marks: ['HuaweiBrowser/', 'Huawei Browser/', 'HBPC/'], brands: ['HuaweiBrowser'] },
  { name: 'Mi Browser', marks: ['MiuiBrowser/'], brands: ['Miui Browser'] },
  { name: 'Amazon Silk', marks: ['Silk/'] },
  { name: 'Edge', marks: ['Edg/', 'EdgA/', 'EdgiOS/', 'Edge/'], brands: ['Microsoft Edge', 'Edge'] },
  { name: 'Edge', vague: true, marks: [], brands: [WEBVIEW2] },
  { name: 'Firefox Focus', marks: ['Focus/', 'Klar/'] },
  // Others name it without its engine, or as what they are like.
  { name: 'Firefox', marks: [['Gecko/', /(?<![A-Za-z]|like )Firefox\//], 'FxiOS/'] },
  { name: 'Internet Explorer', marks: ['MSIE ', 'Trident/'] },
  {
    name: 'Android WebView',
    vague: true,
    marks: ['wv)', ['Android', 'Version/4.0 Chrome/']],
    brands: ['Android WebView'],
  },
  { name: 'HarmonyOS WebView', vague: true, marks: ['ArkWeb/'], brands: ['ArkWeb'] },
  { name: 'Chromium', vague: true, marks: ['Chromium/'], brands: ['Chromium'] },
  { name: 'Chrome', marks: ['Chrome/', 'CriOS/'], brands: ['Google Chrome'] },
  { name: 'Android Browser', marks: [[ANDROID, 'Version/', 'Safari/']] },
  { name: 'Safari', marks: [['Mac OS X', 'Safari/']] },
  { name: 'iOS WebView', marks: [['like Mac OS X', 'Mobile/']] },
  // Libraries send these for an app that sets no user agent. A browser says Mozilla first.
  {
    name: 'App',
    marks: [
      'CFNetwork/',
      'Darwin/',
      'Dalvik/',
      'Cronet/',
      '^Dart/',
      '^UnityPlayer/',
      /^(?!Mozilla|Opera).*(?<![A-Za-z])(?:Android|iPhone|iPad|iOS|tvOS|watchOS|visionOS|OpenHarmony|HarmonyOS|macOS|Windows NT)/,
      // A browser says more than the system and itself.
      /^Mozilla\/5\.0 \(Android\) [A-Za-z][\w.-]*\/\S+$/,
    ],
  },
]
