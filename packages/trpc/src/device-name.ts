/**
 * What the page calls a device: "Chrome on Windows 11". Every name is a word of the tables below, never text that
 * was sent, so a made-up user agent can at most pick another known name. A name is a help to the reader, no proof.
 */

import type { ClientHint } from '@rollcall/auth'

export interface DeviceSigns {
  readonly userAgent: string | null
  readonly hints?: Readonly<Partial<Record<ClientHint, string | undefined>>>
}

/** program: no person's browser but a script, a library or a browser without a screen. */
export type DeviceKind = 'desktop' | 'phone' | 'tablet' | 'tv' | 'console' | 'program' | 'unknown'

export interface DeviceName {
  readonly browser: string
  /** Empty when nothing tells. */
  readonly os: string
  readonly kind: DeviceKind
}

/** Characters read of each header. The longest user agents of in-app browsers are near 600; what comes after is noise. */
export const longestRead = 1024

/**
 * Any of these in a user agent means the row; an inner list means all of it. A mark does not count inside a longer word
 * ("SkyLine/" is not "Line/"), and one that begins with ^ counts at the start only.
 */
type Marks = readonly (string | readonly string[])[]

interface Browser {
  readonly name: string
  readonly marks: Marks
  /** Names in Sec-CH-UA. */
  readonly brands?: readonly string[]
  /** The brand says only what the browser is built on: a name in the user agent is better. */
  readonly vague?: true
  readonly program?: true
}

interface System {
  readonly name: string
  /** handheld: a phone or a tablet, which other signs tell. */
  readonly kind: DeviceKind | 'handheld'
  readonly marks: Marks
  /** Sec-CH-UA-Platform. The last row of a platform is its plain name. */
  readonly platform?: string
}

/** The first row that fits is taken, so those that pose as others stand before these. */
const browsers: readonly Browser[] = [
  { name: 'curl', program: true, marks: ['^curl/'] },
  { name: 'Wget', program: true, marks: ['^Wget'] },
  { name: 'HTTPie', program: true, marks: ['^HTTPie/'] },
  { name: 'Postman', program: true, marks: ['^PostmanRuntime/', 'Postman/'] },
  { name: 'PowerShell', program: true, marks: ['WindowsPowerShell/', 'PowerShell/'] },
  { name: 'Python', program: true, marks: ['^python-', '^Python'] },
  { name: 'Go', program: true, marks: ['^Go-http-client/'] },
  { name: 'Node.js', program: true, marks: ['^node', '^Node.js', '^undici', '^axios/', '^got '] },
  { name: 'Java', program: true, marks: ['^Java/', '^Java-http-client/', '^Apache-HttpClient/'] },
  { name: 'OkHttp', program: true, marks: ['^okhttp/'] },
  { name: 'Headless Chrome', program: true, marks: ['HeadlessChrome'], brands: ['HeadlessChrome'] },
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
  { name: 'Google app', marks: ['GSA/'] },
  { name: 'Slack', marks: ['Slack/', 'Slack_SSB/'] },
  { name: 'Discord', marks: ['Discord/', 'discord/'] },
  { name: 'Teams', marks: ['Teams/', 'TeamsMobile'] },
  { name: 'Desktop app', marks: ['Electron/'] },
  { name: 'Brave', marks: ['Brave/', 'Brave Chrome/'], brands: ['Brave', 'Brave Browser'] },
  { name: 'Edge', marks: ['Edg/', 'EdgA/', 'EdgiOS/', 'Edge/'], brands: ['Microsoft Edge', 'Microsoft Edge WebView2', 'Edge'] },
  { name: 'Opera GX', marks: ['OPRGX/', 'OPX/'], brands: ['Opera GX', 'Opera GX Android'] },
  { name: 'Opera Mini', marks: ['Opera Mini/', 'OPiOS/'], brands: ['Opera Mini Android'] },
  { name: 'Opera', marks: ['OPR/', 'OPT/', 'Opera/', 'Opera '], brands: ['Opera', 'OperaMobile', 'Opera Air', 'Opera Crypto'] },
  { name: 'Meta Quest Browser', marks: ['OculusBrowser/'], brands: ['Oculus Browser'] },
  { name: 'Samsung Internet', marks: ['SamsungBrowser/'], brands: ['Samsung Internet'] },
  { name: 'Vivaldi', marks: ['Vivaldi/'], brands: ['Vivaldi'] },
  { name: 'DuckDuckGo', marks: ['DuckDuckGo/', 'Ddg/'], brands: ['DuckDuckGo'] },
  { name: 'Yandex Browser', marks: ['YaBrowser/'], brands: ['YaBrowser', 'Yandex'] },
  { name: 'UC Browser', marks: ['UCBrowser', 'UC Browser', 'UCWEB'] },
  { name: 'QQ Browser', marks: ['MQQBrowser/', 'QQBrowser/', 'QQ/'] },
  { name: 'Baidu', marks: ['baiduboxapp/', 'baidubrowser/', 'BIDUBrowser/'] },
  { name: 'Whale', marks: ['Whale/'], brands: ['Whale'] },
  { name: 'Huawei Browser', marks: ['HuaweiBrowser/'], brands: ['HuaweiBrowser'] },
  { name: 'Mi Browser', marks: ['MiuiBrowser/'], brands: ['Miui Browser'] },
  { name: 'Amazon Silk', marks: ['Silk/'] },
  { name: 'Firefox Focus', marks: ['Focus/', 'Klar/'] },
  { name: 'LibreWolf', marks: ['LibreWolf/'] },
  { name: 'Firefox', marks: ['Firefox/', 'FxiOS/'] },
  { name: 'Internet Explorer', marks: ['MSIE ', 'Trident/'] },
  { name: 'Android WebView', vague: true, marks: ['wv)', ['Android', 'Version/4.0 Chrome/']], brands: ['Android WebView'] },
  { name: 'Chromium', vague: true, marks: ['Chromium/'], brands: ['Chromium'] },
  { name: 'Chrome', marks: ['Chrome/', 'CriOS/'], brands: ['Google Chrome'] },
  { name: 'Android Browser', marks: [['Android', 'Version/', 'Safari/']] },
  { name: 'Safari', marks: [['Mac OS X', 'Safari/']] },
  { name: 'iOS WebView', marks: [['like Mac OS X', 'Mobile/']] },
]

const desktops = (platform: string, marks: Readonly<Record<string, string>>): readonly System[] =>
  Object.entries(marks).map(([name, mark]) => ({ name, kind: 'desktop', platform, marks: [mark] }))

const systems: readonly System[] = [
  { name: 'Xbox', kind: 'console', platform: 'Windows', marks: ['Xbox'] },
  { name: 'PlayStation', kind: 'console', marks: ['PlayStation', 'PLAYSTATION'] },
  { name: 'Nintendo', kind: 'console', marks: ['Nintendo'] },
  { name: 'tvOS', kind: 'tv', marks: ['AppleTV', 'Apple TV', 'tvOS'] },
  { name: 'webOS', kind: 'tv', marks: ['Web0S', 'webOS.TV'] },
  { name: 'Tizen', kind: 'tv', marks: [['Tizen', 'SMART-TV'], ['Tizen', 'SmartTV']] },
  { name: 'Tizen', kind: 'unknown', marks: ['Tizen'] },
  { name: 'Fire OS', kind: 'tv', platform: 'Android', marks: [['Android', 'AFT']] },
  { name: 'Fire OS', kind: 'tablet', platform: 'Android', marks: [['Android', 'Silk/']] },
  { name: 'Android TV', kind: 'tv', platform: 'Android', marks: ['Android TV', 'AndroidTV', 'GoogleTV', 'BRAVIA'] },
  { name: 'Chromecast', kind: 'tv', marks: ['CrKey/'] },
  { name: 'Smart TV', kind: 'tv', marks: ['SmartTV', 'SMART-TV', 'HbbTV/'] },
  { name: 'Horizon OS', kind: 'unknown', platform: 'Android', marks: ['OculusBrowser/'] },
  { name: 'Windows Phone', kind: 'phone', marks: ['Windows Phone'] },
  { name: 'KaiOS', kind: 'phone', marks: ['KAIOS/'] },
  // In desktop mode, its default, Safari on an iPad sends just what a Mac sends, and no hints: such an iPad is called a Mac.
  // Other browsers there betray it (or, rarely, an iPhone that was told to ask for the desktop site).
  { name: 'iPadOS', kind: 'tablet', platform: 'iOS', marks: ['iPad', ...['CriOS/', 'FxiOS/', 'EdgiOS/', 'GSA/', 'Mobile/'].map((app) => ['Macintosh', app])] },
  { name: 'iOS', kind: 'phone', platform: 'iOS', marks: ['iPhone', 'iPod'] },
  { name: 'HarmonyOS', kind: 'handheld', platform: 'Android', marks: ['HarmonyOS', 'OpenHarmony'] },
  { name: 'Android', kind: 'handheld', platform: 'Android', marks: ['Android'] },
  { name: 'ChromeOS', kind: 'desktop', platform: 'Chrome OS', marks: ['CrOS'] },
  { name: 'ChromeOS', kind: 'desktop', platform: 'Chromium OS', marks: [] },
  // NT 10.0 is frozen: it is Windows 10 and 11 alike, so it is plain Windows.
  ...desktops('Windows', { 'Windows 8.1': 'Windows NT 6.3', 'Windows 8': 'Windows NT 6.2', 'Windows 7': 'Windows NT 6.1' }),
  ...desktops('Windows', { 'Windows Vista': 'Windows NT 6.0', 'Windows XP': 'Windows NT 5.1', Windows: 'Windows' }),
  { name: 'macOS', kind: 'desktop', platform: 'macOS', marks: ['Macintosh', 'Mac OS'] },
  ...desktops('Linux', { Ubuntu: 'Ubuntu', Fedora: 'Fedora', Debian: 'Debian', 'Linux Mint': 'Linux Mint', 'Arch Linux': 'Arch Linux', SUSE: 'SUSE' }),
  { name: 'Linux', kind: 'desktop', platform: 'Linux', marks: ['Linux', 'linux'] },
  { name: 'FreeBSD', kind: 'desktop', marks: ['FreeBSD'] },
]

const unknownBrowser: Browser = { name: 'Unknown browser', marks: [] }
const unknownSystem: System = { name: '', kind: 'unknown', marks: [] }
const [windows10, windows11] = ['Windows 10', 'Windows 11'] as const

/** Every name that an answer can hold. */
export const browserNames: readonly string[] = [...browsers.map(({ name }) => name), unknownBrowser.name]
export const systemNames: readonly string[] = [...new Set([...systems.map(({ name }) => name), windows10, windows11, unknownSystem.name])]

/** Never throws, whatever the text, and takes time in proportion to its length, up to {@link longestRead}. */
export function describeDevice({ userAgent, hints = {} }: DeviceSigns): DeviceName {
  const text = (userAgent ?? '').slice(0, longestRead)
  const hint = (name: ClientHint) => (hints[name] ?? '').slice(0, longestRead)
  const browser = findBrowser(text, quotedNames(hint('sec-ch-ua')))
  const system = findSystem(text, quotedNames(hint('sec-ch-ua-platform'))[0], quotedNames(hint('sec-ch-ua-platform-version'))[0])
  const mobile = hint('sec-ch-ua-mobile')
  const isPhone = mobile === '?1' || (mobile !== '?0' && has(text, 'Mobile'))
  const kind = browser.program ? 'program' : system.kind !== 'handheld' ? system.kind : isPhone ? 'phone' : 'tablet'
  return { browser: browser.name, os: system.name, kind }
}

/** Brands win; those of no row, the made-up ones among them (GREASE), count for nothing. */
function findBrowser(text: string, brands: readonly string[]): Browser {
  const branded = (row: Browser) => row.brands?.some((brand) => brands.includes(brand)) ?? false
  return browsers.find((row) => !row.vague && branded(row)) ?? browsers.find((row) => branded(row) || fits(text, row.marks)) ?? unknownBrowser
}

/** The platform, if it is a known one, decides which rows can fit; the user agent picks among them. */
function findSystem(text: string, platform: string | undefined, version: string | undefined): System {
  const ofPlatform = platform === undefined ? [] : systems.filter((row) => row.platform === platform)
  const rows = ofPlatform.length > 0 ? ofPlatform : systems
  const system = rows.find((row) => fits(text, row.marks)) ?? ofPlatform.at(-1) ?? unknownSystem
  if (platform !== 'Windows' || system.kind !== 'desktop') return system
  // Microsoft's numbers: 13 and above is Windows 11, less is Windows 10, 0 is older.
  const major = Number.parseInt(version ?? '', 10)
  return major >= 13 ? { ...system, name: windows11 } : major >= 1 ? { ...system, name: windows10 } : system
}

function fits(text: string, marks: Marks): boolean {
  return marks.some((mark) => (typeof mark === 'string' ? has(text, mark) : mark.every((part) => has(text, part))))
}

function has(text: string, mark: string): boolean {
  if (mark.startsWith('^')) return text.startsWith(mark.slice(1))
  let at = text.indexOf(mark)
  while (at > 0 && /[A-Za-z]/.test(text.charAt(at - 1))) at = text.indexOf(mark, at + 1)
  return at !== -1
}

/** The quoted strings of a header that is a list of them (RFC 9651), without their parameters, such as versions. */
function quotedNames(header: string): string[] {
  const names: string[] = []
  let open: string | null = null
  let isName = true // until something else stands there; a comma begins the next
  for (let i = 0; i < header.length; i++) {
    const char = header.charAt(i)
    if (open === null) {
      if (char === '"') open = ''
      else if (char === ',') isName = true
      else if (char !== ' ') isName = false
    } else if (char === '"') {
      if (isName) names.push(open)
      open = null
      isName = false
    } else {
      open += char === '\\' ? header.charAt(++i) : char
    }
  }
  return names
}
