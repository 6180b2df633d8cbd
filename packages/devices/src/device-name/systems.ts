import { anyOf, type Marks } from './marks.js'
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
export const ANDROID = /(?<![A-Za-z]|like )[Aa]ndr[o0]id/

const LINUX = /(?<![A-Za-z])(?:[Ll]inux|LINUX)/

/** Phones say Linux too, and have been asked already. */
const LINUX_ALONE = new RegExp(`^(?!.*${ANDROID.source}).*${LINUX.source}`)

/**
 * Watches, headsets, cars, displays and players are neither phones nor tablets, although their browsers say so. Builds of Android
 * for watches have a W where those for phones have a P: OWDE.180707.001.
 */
const OTHER = anyOf([
  /(?<!Air)[Ww]atch|WATCH|SM-[IRLV]\d|Moto 360|Gear Live|Build\/[A-Z]W[A-Z\d]{2}\.\d{6}/,
  /(?<![A-Za-z])(?:OW\d\dW\d|LEM\d|APPLLP|THOR (?:PRO|S|\d))|KidPhone|yandexstation/,
  /Mobile VR|VR Safari|(?<![A-Za-z])(?:VR-\d{4}|Glass \d)/,
  /Automotive|Polestar(?! Phone)|Volvo|Renault|; BMW|MBUX|BYD AUTO|DiLink|gminfo|IHU_|(?<![A-Za-z])A?IVI(?![A-Za-z])|Porsche|(?:Car|CAR)[Pp]ad/,
  /(?:QUAD|OCTA|OCTOPUS)-CORE|QuadCore-R|UltraOcta|8227L|; YT\d{4}[A-Z]*[;)]|MPC-\d|SDA-\d+TAB/,
  /(?<![A-Za-z])(?:Portal(?:Go|\+)|XDH-|XD-S|IFP\d{4}|\d\dBDL\d)|; DA2\d\dH?Q?L| ADAPI\//,
  /(?<![A-Za-z])(?:FiiO|NW-[AZ]X?\d+|COOLPIX|DMC-CM|EK-GC)/,
])

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
  {
    name: 'PlayStation',
    kind: 'console',
    marks: [/P(?:lay|LAY)[Ss](?:tation|TATION)(?! (?:[A-Z][a-z]{1,9} )?App)|(?<![A-Za-z])PS[345](?:App|[^A-Za-z\d])/],
  },
  { name: 'Nintendo', kind: 'console', marks: ['Nintendo'] },
  { name: 'SteamOS', kind: 'console', marks: ['Steam Deck'] },
  { name: 'tvOS', kind: 'tv', marks: ['AppleTV', 'Apple TV', 'tvOS'] },
  { name: 'webOS', kind: 'tv', marks: [/W[Ee][Bb][O0]S/, 'webOS.TV'] },
  { name: 'Tizen', kind: 'tv', marks: [['Tizen', /S(?:MART|mart)[- ]?T[Vv]|(?<![A-Za-z])TV(?![A-Za-z])/]] },
  { name: 'Tizen', kind: 'unknown', marks: ['Tizen'] },
  // It also says Android.
  { name: 'VIDAA', kind: 'tv', marks: ['VIDAA'] },
  { name: 'Vega OS', kind: 'tv', marks: ['VegaOS'] },
  // Amazon's models of televisions, but in cars.
  { name: 'Fire OS', kind: 'unknown', platform: 'Android', marks: [/(?<![A-Za-z])AFTL[BF]T/] },
  { name: 'Fire OS', kind: 'tv', platform: 'Android', marks: [/(?<![A-Za-z])AFT[A-Z0-9]/] },
  { name: 'Fire OS', kind: 'unknown', platform: 'Android', marks: [/(?<![A-Za-z])AEO[A-Z]{2}(?![A-Z])/, 'Echo_Show'] },
  { name: 'Fire OS', kind: 'tablet', platform: 'Android', marks: [/(?<![A-Za-z])KF[A-Z]{2,}(?![a-z])/, 'Kindle Fire'] },
  // It runs on Amazon's devices alone, and in desktop mode it says Linux or a Mac.
  { name: 'Fire OS', kind: 'tablet', marks: ['Silk/'] },
  { name: 'PICO OS', kind: 'unknown', marks: ['PicoBrowser/', /; P(?:ICO|ico) /] },
  {
    name: 'Horizon OS',
    kind: 'unknown',
    marks: ['OculusBrowser/', /; (?:Meta |Oculus )?Quest(?: [23]S?| Pro)?(?:[;)]| Build)/],
  },
  { name: 'Wear OS', kind: 'unknown', platform: 'Android', marks: [[ANDROID, /SM-[RL]\d|TicWatch/]] },
  // Readers of books that say Android or Linux.
  { name: '', kind: 'unknown', marks: ['Kobo ', /tolino(?! tab)/, 'reMarkable/', 'PocketBook/', / EBRD\d|BNRV[2-9]/] },
  { name: 'Android', kind: 'unknown', platform: 'Android', marks: [[ANDROID, OTHER]] },
  { name: 'Android TV', kind: 'tv', platform: 'Android', marks: ['AndroidTV', 'GoogleTV', ...onTelevision(ANDROID)] },
  {
    name: 'Android',
    kind: 'console',
    platform: 'Android',
    marks: [
      [
        ANDROID,
        /OUYA|SHIELD(?! Tab)|Retroid|ANBERNIC|GAMEPAD|Razer Edge|; (?:AYN|AYANEO|Odin|G Cloud)[ _;)\d]|; (?:RG(?:\d{3}[A-Z]+|505|55\d|CUBE)|Switch(?: OLED| Lite)?)[;)]/,
      ],
    ],
  },
  { name: 'Roku', kind: 'tv', marks: ['Roku'] },
  { name: 'Vizio', kind: 'tv', marks: [/V(?:IZIO|izio|iziOS)/] },
  { name: '', kind: 'unknown', marks: ['SmartSpeaker', 'Fuchsia', 'HomePod', /Sonos\/(?!.*iP)/] },
  { name: 'Chromecast', kind: 'tv', marks: ['CrKey'] },
  { name: 'Smart TV', kind: 'tv', marks: [...televisions, ...onTelevision(LINUX_ALONE)] },
  {
    name: 'Windows Phone',
    kind: 'phone',
    marks: [
      /(?<![A-Za-z])(?:Windows (?:Phone|CE|Mobile)|WPDesktop|IEMobile|ZuneWP7|Lumia )| wds /,
      ['Windows', 'Opera Mobi'],
    ],
  },
  { name: 'Symbian', kind: 'phone', marks: ['SymbianOS', 'Symbian', 'SymbOS', 'Series60', 'Series40'] },
  { name: 'Sailfish OS', kind: 'handheld', marks: ['Sailfish'] },
  { name: 'KaiOS', kind: 'phone', marks: ['KAIOS/', 'KaiOS/'] },
  // Puffin draws pages on a server, and ends its version with the system and the shape of the device.
  { name: 'iPadOS', kind: 'tablet', marks: [/Puffin\/[\d.]+IT/] },
  { name: 'iOS', kind: 'phone', marks: [/Puffin\/[\d.]+IP/] },
  { name: 'Android', kind: 'tablet', marks: [/Puffin\/[\d.]+AT/] },
  { name: 'Android', kind: 'phone', marks: [/Puffin\/[\d.]+AP/] },
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
      [
        ANDROID,
        /Inspiron|(?<!Ultra )Latitude|Aspire [A-Z]*-?\d|Compaq \d{4}|Swift SF|Remix Mini|Vostro|TravelMate|Satellite|SATELLITE|(?:Elite|Pro|LIFE)(?:Book|BOOK)|; NUC\d/,
      ],
    ],
  },
  // Android apps on a Chromebook.
  { name: 'ChromeOS', kind: 'desktop', platform: 'Android', marks: [[ANDROID, /Chrome[bB]ook|Pixelbook/]] },
  // Browsers of phones, in desktop mode.
  { name: '', kind: 'unknown', marks: [[/\(X11; Linux/, /(?:Miui|Vivo|HeyTap)Browser\//]] },
  // Samsung's browser runs on its phones and tablets alone; in desktop mode it says Linux.
  { name: 'Android', kind: 'handheld', marks: [[/X11; Linux/, 'SamsungBrowser/']] },
  { name: 'Android', kind: 'handheld', platform: 'Android', marks: [ANDROID, ' Adr ', '/Adr '] },
  // An early UC Browser, on phones alone.
  { name: 'Android', kind: 'phone', marks: [/^JUC ?\(Linux/] },
  { name: 'BlackBerry', kind: 'tablet', marks: ['PlayBook'] },
  { name: 'BlackBerry', kind: 'phone', marks: ['BlackBerry', 'BB10'] },
  { name: 'Tesla', kind: 'unknown', marks: [/ Tesla\/| QtCarBrowser/] },
  // Readers of books.
  { name: '', kind: 'unknown', marks: ['Kindle/', 'Kindle SkipStone', 'bookeen/'] },
  // Phones from before the smartphone: no system that people know by name. Some name a computer that they pose as.
  {
    name: '',
    kind: 'phone',
    marks: [
      'MIDP-',
      'MIDP/',
      'MIDP;',
      'UP.Browser/',
      'Cloud Phone',
      '(Mobile;',
      'PalmSource',
      'MRE/',
      'DoCoMo/',
      'Bada/',
    ],
  },
  { name: 'ChromeOS', kind: 'desktop', platform: 'Chrome OS', marks: ['CrOS'] },
  { name: 'ChromeOS', kind: 'desktop', platform: 'Chromium OS', marks: [] },
  // Windows RT, on tablets alone.
  { name: 'Windows', kind: 'tablet', marks: [[/Windows NT 6\.[23]; ARM;/, 'Touch']] },
  // NT 10.0 is frozen: it is Windows 10 and 11 alike, so it is plain Windows.
  ...desktops('Windows', {
    'Windows 8.1': ['Windows NT 6.3'],
    'Windows 8': ['Windows NT 6.2'],
    'Windows 7': ['Windows NT 6.1'],
    'Windows Vista': ['Windows NT 6.0'],
    'Windows XP': ['Windows NT 5.1'],
    Windows: [/(?<![A-Za-z])[Ww]in(?:dows|NT|32|64|95|98|10|11)/],
  }),
  // Its own browser also says Macintosh.
  { name: 'Haiku', kind: 'desktop', marks: [/(?<![A-Za-z])Haiku/] },
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
  { name: 'Linux', kind: 'tablet', marks: [[LINUX, /hp-tablet|Tablet browser/]] },
  { name: 'Ubuntu', kind: 'handheld', marks: [/\(Ubuntu; (?:Mobile|Tablet)/] },
  // No computer says Mobile. Before Android, phones had systems of their own.
  {
    name: 'Linux',
    kind: 'phone',
    platform: 'Linux',
    marks: [[LINUX, /(?<![A-Za-z])Mobile|Maemo|Fennec|Opera Mobi|webOSBrowser/]],
  },
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
]
