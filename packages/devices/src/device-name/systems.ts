import type { Marks } from './marks.js'
import { onTelevision, televisions } from './televisions.js'

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

const desktops = (platform: string, marks: Readonly<Record<string, Marks>>): readonly System[] =>
  Object.entries(marks).map(([name, of]) => ({ name, kind: 'desktop', platform, marks: of }))

/** Some makers write 0 for o. Systems of their own are "like Android". */
const ANDROID = /(?<![A-Za-z]|like )[Aa]ndr[o0]id/

const LINUX = /(?<![A-Za-z])(?:[Ll]inux|LINUX)/

/** Watches, headsets and cars are neither phones nor tablets, although their browsers say so. */
const OTHER =
  /(?<!Air)[Ww]atch|WATCH|SM-[RL]\d|Mobile VR|VR Safari|Automotive|Polestar(?! Phone)|Volvo|Renault|; BMW|MBUX|BYD AUTO|DiLink|gminfo|IHU_|(?<![A-Za-z])IVI(?![A-Za-z])|(?:QUAD|OCTA)-CORE|8227L|Moto 360|Gear Live|yandexstation/

// Safari on an iPad in desktop mode, its default, sends what a Mac sends, and no hints: only its touch screen differs.
// Other browsers there betray it (or, rarely, an iPhone that was set to ask for the desktop site).
export const iPadOS: System = {
  name: 'iPadOS',
  kind: 'tablet',
  platform: 'iOS',
  marks: [
    'iPad',
    ...['CriOS/', 'FxiOS/', 'EdgiOS/', 'GSA/', 'Mobile/', 'OPT/', 'Ecosia ios', / Brave ?$/].map((app) => [
      'Macintosh',
      app,
    ]),
  ],
}

/** A row without a platform fits beside every platform: those systems name that of the engine that they are built on. */
export const systems: readonly System[] = [
  { name: 'Xbox', kind: 'console', marks: [/(?<![A-Za-z])(?:Xbox|XBOX)/] },
  { name: 'PlayStation', kind: 'console', marks: [/P(?:lay|LAY)[Ss](?:tation|TATION)/] },
  { name: 'Nintendo', kind: 'console', marks: ['Nintendo'] },
  { name: 'SteamOS', kind: 'console', marks: ['Steam Deck'] },
  { name: 'tvOS', kind: 'tv', marks: ['AppleTV', 'Apple TV', 'tvOS'] },
  { name: 'webOS', kind: 'tv', marks: [/W[Ee][Bb][O0]S/, 'webOS.TV'] },
  { name: 'Tizen', kind: 'tv', marks: [['Tizen', /SMART-TV|Smart ?TV|(?<![A-Za-z])TV(?![A-Za-z])/]] },
  { name: 'Tizen', kind: 'unknown', marks: ['Tizen'] },
  { name: 'Fire OS', kind: 'tv', platform: 'Android', marks: [/(?<![A-Za-z])AFT[A-Z0-9]/] },
  { name: 'Fire OS', kind: 'unknown', platform: 'Android', marks: [/(?<![A-Za-z])AEO[A-Z]{2}(?![A-Z])/, 'Echo_Show'] },
  { name: 'Fire OS', kind: 'tablet', platform: 'Android', marks: [/(?<![A-Za-z])KF[A-Z]{2,}(?![a-z])/] },
  // It runs on Amazon's devices alone, and in desktop mode it says Linux or a Mac.
  { name: 'Fire OS', kind: 'tablet', marks: ['Silk/'] },
  { name: 'PICO OS', kind: 'unknown', marks: ['PicoBrowser/', /; P(?:ICO|ico) /] },
  { name: 'Horizon OS', kind: 'unknown', marks: ['OculusBrowser/', /; Quest(?: [23]S?| Pro)?(?:[;)]| Build)/] },
  { name: 'Wear OS', kind: 'unknown', platform: 'Android', marks: [[ANDROID, /SM-[RL]\d|TicWatch/]] },
  // Readers of books that say Android or Linux.
  { name: '', kind: 'unknown', marks: ['Kobo ', /tolino(?! tab)/, 'reMarkable/'] },
  { name: 'Android', kind: 'unknown', platform: 'Android', marks: [[ANDROID, OTHER]] },
  { name: 'Android TV', kind: 'tv', platform: 'Android', marks: ['AndroidTV', 'GoogleTV', ...onTelevision(ANDROID)] },
  {
    name: 'Android',
    kind: 'console',
    platform: 'Android',
    marks: [[ANDROID, /OUYA|SHIELD(?! Tab)|Retroid|ANBERNIC|GAMEPAD|; (?:RG\d{3}[A-Z]|Switch(?: OLED| Lite)?)[;)]/]],
  },
  { name: 'Roku', kind: 'tv', marks: ['Roku'] },
  { name: 'VIDAA', kind: 'tv', marks: ['VIDAA'] },
  { name: 'Vizio', kind: 'tv', marks: [/V(?:IZIO|izio|iziOS)/] },
  { name: '', kind: 'unknown', marks: ['SmartSpeaker', 'Fuchsia', 'HomePod', /Sonos\/(?!.*iP)/] },
  { name: 'Chromecast', kind: 'tv', marks: ['CrKey'] },
  { name: 'Smart TV', kind: 'tv', marks: [...televisions, ...onTelevision(LINUX)] },
  {
    name: 'Windows Phone',
    kind: 'phone',
    marks: ['Windows Phone', 'WPDesktop', 'IEMobile', ' wds ', 'Windows CE', 'ZuneWP7', 'Lumia '],
  },
  { name: 'Symbian', kind: 'phone', marks: ['SymbianOS', 'Symbian', 'SymbOS', 'Series60', 'Series40'] },
  { name: 'Sailfish OS', kind: 'handheld', marks: ['Sailfish'] },
  { name: 'KaiOS', kind: 'phone', marks: ['KAIOS/', 'KaiOS/'] },
  iPadOS,
  // It also says "iPhone OS", and is no phone.
  { name: 'iOS', kind: 'unknown', platform: 'iOS', marks: ['iPod'] },
  { name: 'iOS', kind: 'phone', platform: 'iOS', marks: ['iPhone'] },
  // On a computer it also says Windows NT 10.0.
  ...(
    [
      ['desktop', /\((?:PC|2in1); ?(?:Open)?Harmony/],
      ['tablet', /\(Tablet; ?(?:Open)?Harmony/],
      ['phone', /\(Phone; ?(?:Open)?Harmony/],
      ['unknown', /\([A-Z][a-z]+; ?(?:Open)?Harmony/],
    ] as const
  ).map(([kind, mark]): System => ({ name: 'HarmonyOS', kind, marks: [mark] })),
  { name: 'HarmonyOS', kind: 'handheld', platform: 'Android', marks: ['HarmonyOS', 'OpenHarmony'] },
  // Somebody has put Android on it.
  {
    name: 'Android',
    kind: 'desktop',
    platform: 'Android',
    marks: [
      [ANDROID, /Inspiron|Latitude|Vostro|TravelMate|Satellite|SATELLITE|(?:Elite|Pro|LIFE)(?:Book|BOOK)|; NUC\d/],
    ],
  },
  // Android apps on a Chromebook.
  { name: 'ChromeOS', kind: 'desktop', platform: 'Android', marks: [[ANDROID, /Chrome[bB]ook|Pixelbook/]] },
  // Samsung's browser runs on its phones and tablets alone; in desktop mode it says Linux.
  { name: 'Android', kind: 'handheld', marks: [[/X11; Linux/, 'SamsungBrowser/']] },
  { name: 'Android', kind: 'handheld', platform: 'Android', marks: [ANDROID, ' Adr '] },
  { name: 'BlackBerry', kind: 'phone', marks: ['BlackBerry', 'BB10'] },
  { name: 'Tesla', kind: 'unknown', marks: [/ Tesla\/| QtCarBrowser/] },
  // Readers of books.
  { name: '', kind: 'unknown', marks: ['Kindle/', 'PocketBook/'] },
  { name: 'ChromeOS', kind: 'desktop', platform: 'Chrome OS', marks: ['CrOS'] },
  { name: 'ChromeOS', kind: 'desktop', platform: 'Chromium OS', marks: [] },
  // NT 10.0 is frozen: it is Windows 10 and 11 alike, so it is plain Windows.
  ...desktops('Windows', {
    'Windows 8.1': ['Windows NT 6.3'],
    'Windows 8': ['Windows NT 6.2'],
    'Windows 7': ['Windows NT 6.1'],
    'Windows Vista': ['Windows NT 6.0'],
    'Windows XP': ['Windows NT 5.1'],
    Windows: [/(?<![A-Za-z])[Ww]in(?:dows|NT|32|64|95|98|10|11)/],
  }),
  {
    name: 'macOS',
    kind: 'desktop',
    platform: 'macOS',
    marks: [
      'Macintosh',
      /(?<![A-Za-z]|like )Mac ?OS/,
      'macOS',
      'MacBook',
      'iMac',
      'Macmini',
      'Mac_P',
      [/Darwin\//, /x86_64|i386/],
    ],
  },
  { name: 'watchOS', kind: 'unknown', marks: ['watchOS', 'Apple Watch', /Watch\d+,\d/] },
  { name: 'visionOS', kind: 'unknown', marks: ['visionOS'] },
  // The libraries of Apple's systems say that it is one of them, and not which.
  { name: 'iOS', kind: 'unknown', marks: [/(?<![A-Za-z])iOS(?![A-Za-z])/] },
  { name: 'Apple', kind: 'unknown', marks: ['CFNetwork/', 'Darwin/'] },
  // Systems of phones and tablets that run as Android does.
  { name: 'Linux', kind: 'handheld', platform: 'Linux', marks: [[LINUX, 'like Android']] },
  // No computer says Mobile.
  { name: 'Linux', kind: 'phone', platform: 'Linux', marks: [[LINUX, 'Mobile']] },
  ...desktops('Linux', {
    Ubuntu: ['Ubuntu'],
    Fedora: ['Fedora'],
    Debian: ['Debian'],
    'Linux Mint': ['Linux Mint'],
    'Arch Linux': ['Arch Linux'],
    SUSE: ['SUSE'],
    Linux: [LINUX],
  }),
  ...['FreeBSD', 'OpenBSD', 'NetBSD'].map((name): System => ({ name, kind: 'desktop', marks: [name] })),
  { name: 'Solaris', kind: 'desktop', marks: ['SunOS'] },
  // Phones from before the smartphone: no system that people know by name.
  { name: '', kind: 'phone', marks: ['MIDP-', 'MIDP/', 'UP.Browser/', 'Cloud Phone', '(Mobile;'] },
]

/** Marks of a tablet that also says Mobile, as every phone does. */
export const tablets: Marks = [
  /(?<![A-Za-z])(?:(?:[A-Z][a-z]*)?(?:Tab(?:let)?|TAB|Pad|PAD)|[A-Za-z]*Tab|[A-Z]+TAB|[a-eX-Z](?:[Pp]ad|tab))(?![A-Za-z])|\/apad/,
  // Huawei and Honor with a phone in them; Samsung, Huawei and Honor, Lenovo, Xiaomi.
  /(?<![A-Za-z])(?:AG[RS]|BAH|BGO|BTV|BZ[KT]|CMR|CPN|JDN|KOB|MON|SCM|SHT|VRD)\d?-[A-Z]{0,2}\d\d(?!\d)/,
  // OPPO and OnePlus, vivo, realme; Prestigio, Irbis, bq, Nokia, Nomi; TCL and Alcatel, whose models are bare numbers.
  /(?<![A-Za-z0-9])(?:OP[DT]2\d{3}|i?PA2\d{3}(?![\dA-Z])|DPD\d{4}|RMP\d{4}|PM[PT]\d{3}|TZ\d{2,3}(?!\d)|BQ-(?:[78]|10)\d{3}|Nokia T[12]\d|TPC[-_]?\d|Nomi[_ ]C(?:07|08|10))/,
  /; (?:80(?:5[1-8]|[6-9]\d)|90(?:0[3-79]|[136]\d|2[4-79])|9[1-4]\d\d(?=[A-Z]))[A-Z]?\d?(?:_[A-Z]{2,4}\d?)?(?: Build|[;)])/,
  // No phone names its network, and those for children are tablets.
  /[\w ][ _-]W[Ii][Ff]i(?![a-z])|iPlay|(?<![A-Za-z])(?:Kids|KIDS)(?![a-z])/,
  /SM-[TXP]\d|GT-(?:P|N[58])\d|(?<![A-Za-z])[A-Z][A-Za-z]{1,3}\d?-W[012]\d(?!\d)|(?<![A-Za-z/])(?:MID[-_ ]?\d|TB\d?-?[A-Z]?\d{3}|YT\d?-)|2\d{3}[0-9A-C]RP/,
]

/** Models of phones. Their apps never say Mobile, nor do their browsers while such a phone is unfolded. */
export const phones: Marks = [/SM-(?:[ACEFGJMS]|N[79])\d|(?<![A-Za-z])(?:Pixel (?:\d|Fold)|CPH\d|RMX\d|moto [egxz])/]
