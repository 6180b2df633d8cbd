/**
 * The name of a device on the page, such as "Chrome on Windows 11". Every name is a word of the tables below, never text that was
 * sent. So an invented user agent can at most choose another known name. A name is a help to the reader, no proof.
 */

import type { ClientHint } from './client-hints.js'
import { type Browser, browsers, WEBVIEW2 } from './browsers.js'
import { builtOn } from './built-on.js'
import { fits, has } from './marks.js'
import { phones, tablets } from './models.js'
import { type DeviceKind, iPadOS, type System, systems } from './systems.js'

export type { DeviceKind }

export interface ClientInfo {
  readonly userAgent: string | null
  readonly hints?: Readonly<Partial<Record<ClientHint, string | undefined>>>
}

export interface DeviceName {
  readonly browser: string
  /** Empty when unknown. */
  readonly os: string
  readonly kind: DeviceKind
}

/** Characters read of each header. The longest user agents of in-app browsers are near 600; what comes after is noise. */
export const longestRead = 1024

/** Phones and tablets with Android say what a computer with Linux says, when they ask for the pages of a computer. */
const DESKTOP_MODE = '(X11; Linux '

const unknownBrowser: Browser = { name: 'Unknown browser', marks: [] }
const desktopApp: Browser = { name: 'Desktop app', marks: [] }
const unknownSystem: System = { name: '', kind: 'unknown', marks: [] }
const [windows10, windows11] = ['Windows 10', 'Windows 11'] as const

/** Every name that an answer can hold. */
export const browserNames: readonly string[] = [...new Set(browsers.map(({ name }) => name)), unknownBrowser.name]
export const systemNames: readonly string[] = [
  ...new Set([...systems.map(({ name }) => name), windows10, windows11, unknownSystem.name]),
]

/** Never throws, whatever the text, and takes time in proportion to its length, up to {@link longestRead}. */
export function describeDevice({ userAgent, hints = {} }: ClientInfo): DeviceName {
  const text = (userAgent ?? '').slice(0, longestRead)
  const hint = (name: ClientHint) => (hints[name] ?? '').slice(0, longestRead)
  const brands = quotedNames(hint('sec-ch-ua'))
  const browser = findBrowser(text, brands)
  const platform = quotedNames(hint('sec-ch-ua-platform'))[0]
  // A frozen user agent names no model.
  const model = quotedNames(hint('sec-ch-ua-model'))[0]
  const whole = model === undefined ? text : `${text}; ${model};`
  // No Mac has a touch screen, and no iPad sends its platform.
  const isTouched = hint('x-touch-screen') === '?1'
  const isTablet = platform === undefined && isTouched && has(text, 'Macintosh')
  const system = isTablet ? iPadOS : findSystem(whole, platform, quotedNames(hint('sec-ch-ua-platform-version'))[0])
  const kind = browser.program
    ? 'program'
    : system.kind === 'handheld'
      ? handheldKind(whole, hint('sec-ch-ua-mobile'))
      : isTouched && system.kind === 'desktop' && has(text, DESKTOP_MODE)
        ? 'unknown'
        : system.kind
  const isSaid = browser.brands?.some((brand) => brands.includes(brand)) ?? false
  const name = isSaid ? undefined : builtOn(browser.name, text, system)
  return { browser: name ?? browser.name, os: system.name, kind }
}

/** Browsers say Mobile on a phone and leave it out on a tablet. Apps that are no browsers never say it, so its absence says nothing about them. */
function handheldKind(text: string, mobile: string): DeviceKind {
  if (fits(text, tablets)) return 'tablet'
  if (fits(text, phones) || mobile === '?1') return 'phone'
  if (mobile === '?0') return 'tablet'
  if (has(text, 'Mobile')) return 'phone'
  return text.startsWith('Mozilla/') && has(text, 'Safari/') ? 'tablet' : 'unknown'
}

/** Brands win; those of no row, the made-up ones among them (GREASE), count for nothing. */
function findBrowser(text: string, sent: readonly string[]): Browser {
  const brands = sent.includes(WEBVIEW2) ? sent.filter((brand) => brand !== 'Microsoft Edge') : sent
  const branded = (row: Browser) => row.brands?.some((brand) => brands.includes(brand)) ?? false
  const found =
    browsers.find((row) => !row.vague && branded(row)) ??
    browsers.find((row) => branded(row) || fits(text, row.marks)) ??
    unknownBrowser
  // An app adds its name to that of Edge, or sends its own alone.
  return found.name === 'Edge' && brands !== sent && !/(?:^| Edg\/\S+ ?)$/.test(text) ? desktopApp : found
}

/** The platform, if it is a known one, decides which rows can fit; the user agent picks among them. */
function findSystem(text: string, platform: string | undefined, version: string | undefined): System {
  const ofPlatform = platform === undefined ? [] : systems.filter((row) => row.platform === platform)
  const rows = ofPlatform.length > 0 ? systems.filter((row) => (row.platform ?? platform) === platform) : systems
  const system = rows.find((row) => fits(text, row.marks)) ?? ofPlatform.at(-1) ?? unknownSystem
  if (platform !== 'Windows' || system.kind !== 'desktop') return system
  // Microsoft's numbers: 13 and above is Windows 11, less is Windows 10, 0 is older.
  const major = Number.parseInt(version ?? '', 10)
  return major >= 13 ? { ...system, name: windows11 } : major >= 1 ? { ...system, name: windows10 } : system
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
