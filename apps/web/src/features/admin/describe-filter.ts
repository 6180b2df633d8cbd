import type { Operation } from '../../api/trpc.js'
import type { I18n } from '../../i18n/i18n.js'
import { isolate } from '../../i18n/isolate.js'
import { deviceKinds, plainMethods } from './session-filter.js'

const conditions = [
  'address',
  'country',
  'browser',
  'system',
  'userAgent',
  'kind',
  'method',
  'signedInAfter',
  'signedInBefore',
  'lastSeenAfter',
  'lastSeenBefore',
] as const
const times: ReadonlySet<string> = new Set(['signedInAfter', 'signedInBefore', 'lastSeenAfter', 'lastSeenBefore'])

/**
 * The filter of an operation in words, from its JSON. Conditions of a later version stay as they are.
 *
 * @param people Those whom it names by id.
 */
export function describeFilter(i18n: I18n, json: string, people: Operation['people']): string {
  const given: unknown = JSON.parse(json)
  if (typeof given !== 'object' || given === null) return json
  const emails = new Map(people.map(({ id, email }) => [id, email]))
  return Object.entries(given)
    .map(([name, value]) => describeCondition(i18n, name, value, emails))
    .join(' · ')
}

function describeCondition(i18n: I18n, name: string, value: unknown, emails: ReadonlyMap<string, string>): string {
  if (name === 'newDevice') return i18n.t('admin.sessions.newDevice')
  if (isManyUsers(name, value)) {
    const first = describeCondition(i18n, name, value.first, emails)
    const count = value.count - value.first.length
    return count === 0 ? first : i18n.t('admin.operations.others', { first, count })
  }
  const texts = Array.isArray(value) ? value.map(String) : [String(value)]
  const shown = name === 'users' ? texts.map((id) => emails.get(id) ?? id) : texts
  return `${labelOf(i18n, name)}: ${valueOf(i18n, name, shown.join(', '))}`
}

/** Of many users, an operation names the first ones alone. */
function isManyUsers(name: string, value: unknown): value is { count: number; first: string[] } {
  const { count, first } = Object(value) as Record<string, unknown> // of a later version, it may be anything
  return name === 'users' && typeof count === 'number' && Array.isArray(first)
}

/** As the form shows it. */
function valueOf(i18n: I18n, name: string, text: string): string {
  if (times.has(name)) return i18n.dayAndTime(text)
  const kind = name === 'kind' && deviceKinds.find((known) => known === text)
  if (kind) return i18n.t(`devices.kind.${kind}`)
  const method = name === 'method' && plainMethods.find((known) => known === text)
  if (method) return i18n.t(`facts.method.${method}`)
  const provider = name === 'method' && text.startsWith('provider:') ? text.slice('provider:'.length) : ''
  return provider === '' ? isolate(text) : i18n.t('facts.method.provider', { provider: isolate(provider) })
}

function labelOf({ t }: I18n, name: string): string {
  if (name === 'users' || name === 'sessions') return t(`admin.operations.${name}`)
  const known = conditions.find((condition) => condition === name)
  return known === undefined ? name : t(`admin.sessions.${known}`)
}
