import type { ReactNode } from 'react'
import type { SessionFilter } from '../../api/trpc.js'
import { type FieldErrors, text } from '../../ui/form.js'

export const deviceKinds = ['desktop', 'phone', 'tablet', 'tv', 'console', 'program', 'unknown'] as const

/** The ways to sign in to this application, beside its providers. */
export const plainMethods = ['password', 'two-factor', 'passkey'] as const

const texts = ['address', 'country', 'method', 'kind', 'browser', 'system', 'userAgent'] as const

/** In the order of the form. */
export const times = ['signedInAfter', 'signedInBefore', 'lastSeenAfter', 'lastSeenBefore'] as const
type Time = (typeof times)[number]

/** Pairs that no session matches unless the second is later. No session was seen before its sign-in. */
const pairs: readonly (readonly [Time, Time])[] = [
  ['signedInAfter', 'signedInBefore'],
  ['lastSeenAfter', 'lastSeenBefore'],
  ['signedInAfter', 'lastSeenBefore'],
]

interface Words {
  readonly incomplete: (name: Time) => ReactNode
  readonly notLater: (name: Time, than: Time) => ReactNode
}

/** The mistakes in the times. A time without its date has no value, and would widen the filter without a word. */
export function findMistakes(data: FormData, form: HTMLFormElement, { incomplete, notLater }: Words): FieldErrors {
  const mistakes: FieldErrors = {}
  for (const name of times) if (isIncomplete(form, name)) mistakes[name] = incomplete(name)
  for (const [after, before] of pairs) {
    const from = text(data, after)
    const to = text(data, before)
    if (from !== '' && to !== '' && new Date(from) >= new Date(to)) mistakes[before] ??= notLater(before, after)
  }
  return mistakes
}

function isIncomplete(form: HTMLFormElement, name: Time): boolean {
  const input = form.elements.namedItem(name)
  return input instanceof HTMLInputElement && input.validity.badInput
}

const refusable = ['address', 'country', 'browser', 'system'] as const
export type Refusable = (typeof refusable)[number] | 'user'

/** The fields that the API refuses: each line of its message begins with the name of one, except for that about an unknown person. */
export function refusedFields(message: string, fields: FilterFields): readonly Refusable[] {
  const named = refusable.filter((name) => message.split('\n').some((line) => line.startsWith(`${name} `)))
  return named.length === 0 && fields['user'] ? ['user'] : named
}

/** The texts of the form, by the names of its fields. */
export type FilterFields = Readonly<Record<string, string>>

export function fieldsIn(data: FormData): FilterFields {
  return Object.fromEntries([...data.keys()].map((name) => [name, text(data, name).trim()]))
}

/** The filter that a form describes. It is empty if no field is filled in. */
export function filterIn(fields: FilterFields): SessionFilter {
  const filled = (name: string): string => fields[name] ?? ''
  const timeIn = (name: Time): string => (filled(name) === '' ? '' : new Date(filled(name)).toISOString())
  const conditions = [
    ...texts.map((name) => [name, filled(name)] as const),
    ...times.map((name) => [name, timeIn(name)] as const),
  ]
  const user = filled('user')
  return {
    ...(user !== '' && { users: [user] }),
    ...Object.fromEntries<string>(conditions.filter(([, value]) => value !== '')),
    ...(filled('newDevice') !== '' && { newDevice: true as const }),
  }
}
