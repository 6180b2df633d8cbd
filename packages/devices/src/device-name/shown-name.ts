import { type DeviceName, systemNames } from './describe.js'
import { type Named, nameOf } from './name-of.js'

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
