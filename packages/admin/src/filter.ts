import {
  browserNames,
  deviceOf,
  isSignInMethod,
  nameOf,
  type PlaceOf,
  shownNameOf,
  shownSystemNames,
} from '@rollcall/devices'
import { isSessionId, type Session } from '@rollcall/session-store'
import { z } from 'zod'
import { asIpv4, parseRange } from './address-range.js'
import { InvalidFilterError } from './errors.js'
import { nearestNames } from './nearest.js'

const MAX_TEXT = 1_024
const kinds = ['desktop', 'phone', 'tablet', 'tv', 'console', 'program', 'unknown'] as const

const text = z.string().min(1, 'must not be empty').max(MAX_TEXT, `must have ${MAX_TEXT} characters at most`)
const time = z.date('must be a date')

/** One of the names that devices can have; upper and lower case count as equal. */
const nameAmong = (names: readonly string[], what: string) =>
  text.transform((given, { issues }) => {
    const known = names.find((name) => name.toLowerCase() === given.toLowerCase())
    if (known !== undefined) return known
    const message = `must be the name of a ${what}, such as ${nearestNames(given, names.filter(Boolean), 5).join(', ')}`
    issues.push({ code: 'custom', message, input: given })
    return z.NEVER
  })

const countryNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** They have a name and a code like countries, and no IP address. */
const noCountries = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ'])

/** The code of a country as places have it, such as GB for UK; empty for one that is none. */
function countryOf(given: string): string {
  if (!/^[a-z]{2}$/i.test(given)) return ''
  const code = new Intl.Locale('und', { region: given }).region ?? ''
  return noCountries.has(code) || countryNames.of(code) === undefined ? '' : code
}

const schema = z
  .strictObject({
    users: z.array(text).min(1, 'must name a user'),
    sessions: z.array(z.string().refine(isSessionId, 'must be the id of a session')).min(1, 'must name a session'),
    address: text
      .refine((range) => parseRange(range) !== null, 'must be an address, or a range such as 10.0.0.0/8')
      .transform(asIpv4),
    country: z
      .string()
      .transform(countryOf)
      .refine((code) => code !== '', 'must be the two letters of a country (ISO 3166-1), such as DE'),
    browser: nameAmong(browserNames, 'browser'),
    system: nameAmong(shownSystemNames, 'system'),
    kind: z.enum(kinds, `must be one of ${kinds.join(', ')}`),
    userAgent: text,
    signedInAfter: time,
    signedInBefore: time,
    lastSeenAfter: time,
    lastSeenBefore: time,
    newDevice: z.literal(true, 'must be true, or left out'),
    method: z.string().refine(isSignInMethod, 'must be a way to sign in, such as password or provider:google'),
  })
  .partial()

/** Selects sessions. All conditions must hold. */
export interface Filter {
  /** Ids of users. With them, only their keys are read. */
  readonly users?: readonly string[] | undefined
  /** Ids of sessions. */
  readonly sessions?: readonly string[] | undefined
  /** An address, or a range in CIDR notation: `203.0.113.0/24`, `2001:db8::/32`. */
  readonly address?: string | undefined
  /** ISO 3166-1 alpha-2, in which the address lies; needs `placeOf`. */
  readonly country?: string | undefined
  /** As the devices page names it, such as `Firefox`. */
  readonly browser?: string | undefined
  /** As the devices page names it, such as `Windows 11` or `iPhone`. A wider name is taken too: `iOS`, `Android`. */
  readonly system?: string | undefined
  readonly kind?: (typeof kinds)[number] | undefined
  /** Text that the user agent contains; upper and lower case count as equal. */
  readonly userAgent?: string | undefined
  /** At this time or later. */
  readonly signedInAfter?: Date | undefined
  /** Earlier than this time. */
  readonly signedInBefore?: Date | undefined
  /** At this time or later. */
  readonly lastSeenAfter?: Date | undefined
  /** Earlier than this time. */
  readonly lastSeenBefore?: Date | undefined
  /** Only sessions from a device that the user had not signed in from before. */
  readonly newDevice?: true | undefined
  /** The method of the sign-in, such as `password`, `passkey` or `provider:google`. */
  readonly method?: string | undefined
}

/** The filter of an operation. Of many users it holds the number and the first ones: Redis has their ids in a list beside it. */
export type OperationFilter = Omit<Filter, 'users'> & { readonly users?: readonly string[] | ListedUsers | undefined }

export interface ListedUsers {
  readonly count: number
  /** Ids, to show. */
  readonly first: readonly string[]
}

const listedUsers = z.strictObject({ count: z.number(), first: z.array(text) })

/**
 * Checks a filter. An empty one is refused, because it would select everybody.
 *
 * @throws {InvalidFilterError} for unknown or empty fields, and for times that no session can have.
 */
export function parseFilter(given: unknown): Filter {
  const { data, error } = schema.safeParse(given)
  if (error) throw new InvalidFilterError(error.issues.map(describeIssue).join('\n'))
  const filter: Filter = data
  if (Object.values(filter).every((value) => value === undefined))
    throw new InvalidFilterError('The filter is empty. To revoke the sessions of everybody, say so.')
  refuseContradictions(filter)
  return filter
}

function describeIssue({ path, message, ...issue }: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: there is no such field`
  return `${path.join('.') || 'The filter'} ${message}`
}

function refuseContradictions(filter: Filter): void {
  const { signedInAfter, signedInBefore, lastSeenAfter, lastSeenBefore } = filter
  refuseEmpty('signedInAfter', signedInAfter, 'signedInBefore', signedInBefore)
  refuseEmpty('lastSeenAfter', lastSeenAfter, 'lastSeenBefore', lastSeenBefore)
  // No session was seen before its sign-in.
  refuseEmpty('signedInAfter', signedInAfter, 'lastSeenBefore', lastSeenBefore)
}

function refuseEmpty(afterName: string, after: Date | undefined, beforeName: string, before: Date | undefined): void {
  if (after !== undefined && before !== undefined && after >= before)
    throw new InvalidFilterError(`No session can match: ${afterName} is not earlier than ${beforeName}`)
}

/**
 * Compiles a filter.
 *
 * @throws {InvalidFilterError} for a country without `placeOf`.
 */
export function createMatcher(filter: Filter, placeOf?: PlaceOf): (session: Session) => boolean {
  const { users, sessions, address, country, browser, system, kind, userAgent, newDevice, method } = filter
  const conditions: ((session: Session) => boolean)[] = []
  const addCondition = <T>(wanted: T | undefined, holds: (session: Session, wanted: T) => boolean): void => {
    if (wanted !== undefined) conditions.push((session) => holds(session, wanted))
  }

  addCondition(filter.signedInAfter, ({ createdAt }, at) => createdAt >= at)
  addCondition(filter.signedInBefore, ({ createdAt }, at) => createdAt < at)
  addCondition(filter.lastSeenAfter, ({ lastSeenAt }, at) => lastSeenAt >= at)
  addCondition(filter.lastSeenBefore, ({ lastSeenAt }, at) => lastSeenAt < at)
  addCondition(users && new Set(users), ({ userId }, ids) => ids.has(userId))
  addCondition(sessions && new Set(sessions), ({ id }, ids) => ids.has(id))
  addCondition((address === undefined ? undefined : parseRange(address)) ?? undefined, ({ ipAddress }, isIn) =>
    isIn(ipAddress),
  )
  addCondition(userAgent?.toLowerCase(), (session, part) => session.userAgent?.toLowerCase().includes(part) ?? false)
  addCondition(newDevice, (session) => deviceOf(session)?.isNew ?? false)
  addCondition(method, ({ data }, name) => data['signInMethod'] === name)
  addCondition(browser, (session, name) => nameOf(session).browser === name)
  addCondition(system, (session, name) => [nameOf(session).os, shownNameOf(session).os].includes(name))
  addCondition(kind, (session, name) => nameOf(session).kind === name)
  if (country !== undefined) {
    if (placeOf === undefined)
      throw new InvalidFilterError('country needs the places of addresses, which are turned off')
    conditions.push(({ ipAddress }) => {
      const place = placeOf(ipAddress)
      return place?.kind === 'country' && place.code === country
    })
  }
  return (session) => conditions.every((holds) => holds(session))
}

/**
 * Checks the filter of an operation.
 *
 * @throws {InvalidFilterError} for one of another version.
 */
export function parseOperationFilter({ users, ...conditions }: OperationFilter): OperationFilter {
  const { data: listed } = listedUsers.safeParse(users)
  if (listed === undefined) return parseFilter({ users, ...conditions })
  const first = listed.first.length > 0 ? listed.first : undefined // nobody, if it found nobody
  return { ...parseFilter({ ...conditions, users: first }), users: listed }
}

/**
 * The filter of an operation from the text that {@link JSON.stringify} made of it. Another version may have written it, so parse
 * it before you use it for more than to show it.
 */
export function filterFromJson(json: string): OperationFilter {
  const times = ['signedInAfter', 'signedInBefore', 'lastSeenAfter', 'lastSeenBefore']
  try {
    const filter: unknown = JSON.parse(json, (key, value: unknown) =>
      times.includes(key) && typeof value === 'string' ? new Date(value) : value,
    )
    return Object(filter) as OperationFilter // also of `null`, which would mean everybody
  } catch {
    return {} // which is refused too
  }
}
