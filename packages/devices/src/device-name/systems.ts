import type { Marks } from './marks.js'

/** program: no person's browser but a script, a library or a browser without a screen. */
export type DeviceKind = 'desktop' | 'phone' | 'tablet' | 'tv' | 'console' | 'program' | 'unknown'

export interface System {
  readonly name: string
  /** handheld: a phone or a tablet; other signs decide. */
  readonly kind: DeviceKind | 'handheld'
  readonly marks: Marks
  /** Sec-CH-UA-Platform. The last row of a platform is its plain name. */
  readonly platform?: string
}

const desktops = (platform: string, marks: Readonly<Record<string, string>>): readonly System[] =>
  Object.entries(marks).map(([name, mark]) => ({ name, kind: 'desktop', platform, marks: [mark] }))

/** The size in inches in the model of a television, or the LED before it. */
const MODEL =
  /[; -](?:(?:24|32|39|40|42|43|49|50|55|58|65|70|75|82|85|86)[A-Z]{1,6}|[A-Z]{1,5}-?(?:24|32|39|40|42|43|49|50|55|58|65|70|75|82|85|86)[A-Z]{2,6})[-_/]?\d|LED-?\d{2}/

/** The word TV, alone or at the end of a name ("MiTV", "MatrixTV"), but no part of a word in capitals: phones have DTV. */
const WORD = /(?<![A-Za-z])TV(?![A-Za-z])|[a-z]TV(?![A-Za-z0-9])|TV ?[Bb](?:OX|ox)/

/** Boxes under a television, by what they are called. */
const BOX =
  /(?<![A-Za-z])(?:STB|IPTV|OTT|AFT)(?![a-z]|TO)|BOX(?![a-zA-Z])|Mi ?BOX|BRAVIA|(?<![A-Za-z0-9-])(?:Smart Box|TV Stick|X96|A95X|T95|H96|MXQ|TX[3-9]|Z[IX]DOO|VONTAR|MECOOL|UGOOS|TANIX|HK1)/

/** The browser that makers of televisions build on. Some of them write 0 for o. */
const ENGINE =
  / OMI\/|Vewd|HbbTV\/|hbbtv|CE-HTML|NETTV\/|InettvBrowser|NetCast|VIDAA|Roku|ViziOS|SmartTvA\/|SRAF\/|Viera/

const ANDROID = /Andr[o0]id/

const onAndroidTv: Marks = [WORD, BOX, MODEL, ENGINE].map((shape) => [ANDROID, shape])

// Safari on an iPad in desktop mode, its default, sends what a Mac sends, and no hints: only its touch screen differs.
// Other browsers there betray it (or, rarely, an iPhone that was set to ask for the desktop site).
export const iPadOS: System = {
  name: 'iPadOS',
  kind: 'tablet',
  platform: 'iOS',
  marks: ['iPad', ...['CriOS/', 'FxiOS/', 'EdgiOS/', 'GSA/', 'Mobile/'].map((app) => ['Macintosh', app])],
}

export const systems: readonly System[] = [
  { name: 'Xbox', kind: 'console', platform: 'Windows', marks: ['Xbox'] },
  { name: 'PlayStation', kind: 'console', marks: ['PlayStation', 'PLAYSTATION'] },
  { name: 'Nintendo', kind: 'console', marks: ['Nintendo'] },
  { name: 'tvOS', kind: 'tv', marks: ['AppleTV', 'Apple TV', 'tvOS'] },
  { name: 'webOS', kind: 'tv', marks: ['Web0S', 'webOS.TV'] },
  {
    name: 'Tizen',
    kind: 'tv',
    marks: [
      ['Tizen', 'SMART-TV'],
      ['Tizen', 'SmartTV'],
      ['Tizen', WORD],
    ],
  },
  { name: 'Tizen', kind: 'unknown', marks: ['Tizen'] },
  {
    name: 'Fire OS',
    kind: 'tv',
    platform: 'Android',
    marks: [
      ['Android', 'AFT'],
      ['Amazon', 'AFT'],
    ],
  },
  { name: 'Fire OS', kind: 'tablet', platform: 'Android', marks: [['Android', 'Silk/'], / KF[A-Z]{2,} /] },
  { name: 'Horizon OS', kind: 'unknown', platform: 'Android', marks: ['OculusBrowser/'] },
  { name: 'Android TV', kind: 'tv', platform: 'Android', marks: ['AndroidTV', 'GoogleTV', ...onAndroidTv] },
  { name: 'Chromecast', kind: 'tv', marks: ['CrKey'] },
  { name: 'Smart TV', kind: 'tv', marks: ['SmartTV', 'SMART-TV', ENGINE, ['Linux', WORD]] },
  { name: 'Windows Phone', kind: 'phone', marks: ['Windows Phone', 'WPDesktop', 'IEMobile', ' wds ', 'Windows CE'] },
  { name: 'BlackBerry', kind: 'phone', marks: ['BlackBerry', 'BB10'] },
  { name: 'Symbian', kind: 'phone', marks: ['SymbianOS', 'Symbian', 'SymbOS', 'Series60', 'Series40'] },
  { name: 'Sailfish OS', kind: 'phone', marks: ['Sailfish'] },
  { name: 'KaiOS', kind: 'phone', marks: ['KAIOS/'] },
  iPadOS,
  // It also says "iPhone OS", and is no phone.
  { name: 'iOS', kind: 'unknown', marks: ['iPod'] },
  { name: 'iOS', kind: 'phone', platform: 'iOS', marks: ['iPhone'] },
  // On a computer it also says Windows NT 10.0.
  { name: 'HarmonyOS', kind: 'desktop', marks: [/\((?:PC|2in1); (?:OpenHarmony|HarmonyOS)/] },
  { name: 'HarmonyOS', kind: 'tablet', marks: [/\(Tablet; (?:OpenHarmony|HarmonyOS)/] },
  { name: 'HarmonyOS', kind: 'phone', marks: [/\(Phone; (?:OpenHarmony|HarmonyOS)/] },
  { name: 'HarmonyOS', kind: 'handheld', platform: 'Android', marks: ['HarmonyOS', 'OpenHarmony'] },
  // Android apps on a Chromebook.
  { name: 'ChromeOS', kind: 'desktop', platform: 'Android', marks: [['Android', /Chrome[bB]ook|Pixelbook/]] },
  // Samsung's browser runs on its phones and tablets alone; on a tablet in desktop mode it says Linux.
  { name: 'Android', kind: 'tablet', marks: [[/X11; Linux/, 'SamsungBrowser/']] },
  { name: 'Android', kind: 'handheld', platform: 'Android', marks: ['Android', 'android', ' Adr '] },
  { name: 'ChromeOS', kind: 'desktop', platform: 'Chrome OS', marks: ['CrOS'] },
  { name: 'ChromeOS', kind: 'desktop', platform: 'Chromium OS', marks: [] },
  // NT 10.0 is frozen: it is Windows 10 and 11 alike, so it is plain Windows.
  ...desktops('Windows', {
    'Windows 8.1': 'Windows NT 6.3',
    'Windows 8': 'Windows NT 6.2',
    'Windows 7': 'Windows NT 6.1',
  }),
  ...desktops('Windows', { 'Windows Vista': 'Windows NT 6.0', 'Windows XP': 'Windows NT 5.1', Windows: 'Windows' }),
  {
    name: 'macOS',
    kind: 'desktop',
    platform: 'macOS',
    marks: ['Macintosh', 'Mac OS', 'macOS', 'MacBook', 'iMac', 'Macmini', [/Darwin\//, /x86_64|i386/]],
  },
  // The libraries of Apple's systems say that it is one of them, and not which.
  { name: 'iOS', kind: 'unknown', marks: [/(?<![A-Za-z])iOS(?![A-Za-z])/] },
  { name: 'Apple', kind: 'unknown', marks: ['CFNetwork/', 'Darwin/'] },
  ...desktops('Linux', {
    Ubuntu: 'Ubuntu',
    Fedora: 'Fedora',
    Debian: 'Debian',
    'Linux Mint': 'Linux Mint',
    'Arch Linux': 'Arch Linux',
    SUSE: 'SUSE',
  }),
  { name: 'Linux', kind: 'desktop', platform: 'Linux', marks: ['Linux', 'linux'] },
  { name: 'FreeBSD', kind: 'desktop', marks: ['FreeBSD'] },
  { name: 'OpenBSD', kind: 'desktop', marks: ['OpenBSD'] },
  { name: 'NetBSD', kind: 'desktop', marks: ['NetBSD'] },
  { name: 'Solaris', kind: 'desktop', marks: ['SunOS'] },
  // Phones from before the smartphone: no system that people know by name.
  { name: '', kind: 'phone', marks: ['MIDP-', 'MIDP/', 'UP.Browser/'] },
]

/** Marks of a tablet that also says Mobile, as every phone does. */
export const TABLET = /(?<![A-Za-z])(?:[A-Z][a-z]*)?(?:Tab(?:let)?|TAB|Pad)(?![A-Za-z])|SM-[TXP]\d|\/apad/
