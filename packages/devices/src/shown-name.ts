import type { Session } from '@rollcall/session-store'
import { type DeviceKind, type DeviceName, systemNames } from './device-name.js'
import { nameOf } from './name-of.js'

type Named = Pick<Session, 'userAgent' | 'data'>

/** Names the device of a session, such as `nameOf`. */
export type NameOf = (session: Named) => DeviceName

/** A native app of your own. Its user agent has neither a browser nor, often, a system. */
export interface AppName {
  /** How its user agent begins, such as `AcmeMail/`, or a pattern that takes time in proportion to the text. */
  readonly userAgent: string | RegExp
  /** Shown in place of a browser. */
  readonly name: string
  /** Default: as its user agent says, or else unknown. */
  readonly os?: string
  /** Default: as its user agent says, or else unknown. */
  readonly kind?: DeviceKind
}

/**
 * Names the apps of your own by your rows, and everything else as `nameOf` does. The first row that fits counts. A name
 * proves nothing, because anybody can send the user agent of your app.
 *
 * @example
 * createStreams({ store, changes, nameOf: createNameOf([{ userAgent: 'AcmeMail/', name: 'Acme Mail', kind: 'phone' }]) })
 */
export function createNameOf(apps: readonly AppName[]): NameOf {
  return (session) => {
    const userAgent = session.userAgent ?? ''
    const app = apps.find((row) =>
      typeof row.userAgent === 'string' ? userAgent.startsWith(row.userAgent) : row.userAgent.test(userAgent),
    )
    if (app === undefined) return nameOf(session)
    const { os, kind } = nameOf(session)
    const said = kind === 'program' ? 'unknown' : kind
    return { browser: app.name, os: app.os ?? os, kind: app.kind ?? said }
  }
}

/** The name that a person uses: iPhone, iPad, or the maker of a phone or tablet with Android, if the maker is known. */
export function shownNameOf(session: Named, name: DeviceName = nameOf(session)): DeviceName {
  const { browser, os, kind } = name
  if (os === 'iOS' && kind === 'phone') return { browser, os: 'iPhone', kind }
  if (os === 'iPadOS') return { browser, os: 'iPad', kind }
  const maker = os === 'Android' && (kind === 'phone' || kind === 'tablet') ? makerOf(modelOf(session)) : undefined
  return maker === undefined ? name : { browser, os: `${os} (${maker})`, kind }
}

/** By the beginning of the model, as their makers number them. OPPO and OnePlus share the later numbers of CPH. */
const makers: readonly (readonly [maker: string, model: RegExp])[] = [
  ['Samsung', /^(?:SM-[A-Z]\d|SCG?\d\d|GT-[A-Z]\d)/],
  ['Google', /^Pixel(?: [\dCFTX]|$)/],
  ['Motorola', /^(?:moto|motorola|XT\d{4})/i],
  ['Xiaomi', /^(?:Mi |MI |Redmi|POCO|M(?:1[89]|2\d)\d\d[A-Z]|2[1-9][01]\d[\dA-Z]*[A-Z]{2})/],
  ['OnePlus', /^(?:ONEPLUS|OnePlus|LE2\d|KB2\d|IN20|NE22)/],
  ['OPPO', /^CPH(?:1\d|2[0-2])\d\d/],
  ['realme', /^RMX\d{4}/],
  ['vivo', /^(?:V2\d{3}(?!\d)|vivo )/],
  ['Sony', /^XQ-/],
  ['Nokia', /^(?:Nokia|TA-\d{4})/],
  ['Fairphone', /^(?:FP\d|Fairphone)/],
]

/** Every system that the name of a device can have, as a person or as a user agent says it. */
export const shownSystemNames: readonly string[] = [
  ...systemNames,
  'iPhone',
  'iPad',
  ...makers.map(([maker]) => `Android (${maker})`),
]

function makerOf(model: string): string | undefined {
  return makers.find(([, pattern]) => pattern.test(model))?.[0]
}

/** The hint is a quoted string. */
function modelOf({ data: { clientHints } }: Named): string {
  if (typeof clientHints !== 'object' || clientHints === null || !('sec-ch-ua-model' in clientHints)) return ''
  const model = clientHints['sec-ch-ua-model']
  return typeof model === 'string' ? model.replace(/^"|"$/g, '') : ''
}
