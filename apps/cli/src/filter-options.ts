import { readFileSync } from 'node:fs'
import { type Filter, InvalidFilterError, parseFilter } from '@rollcall/admin'
import { type Database, lookUpUsers, UnknownUserError, unknownUsers } from '@rollcall/api/operator'
import type { Command } from 'commander'
import type { Connections } from './connections.js'
import type { Output } from './output.js'
import { sessionId, UsageError } from './usage-error.js'

/** The options of a filter, as commander gives them. */
export interface FilterOptions {
  readonly user?: string[]
  readonly usersFile?: string
  readonly session?: string[]
  readonly address?: string
  readonly country?: string
  readonly browser?: string
  readonly system?: string
  readonly kind?: string
  readonly userAgent?: string
  readonly signedInAfter?: string
  readonly signedInBefore?: string
  readonly lastSeenAfter?: string
  readonly lastSeenBefore?: string
  readonly newDevice?: true
  readonly method?: string
}

export function addFilterOptions(command: Command): Command {
  return command
    .option('--user <email|id...>', 'sessions of these users')
    .option('--users-file <file>', 'sessions of the users in a file, one mail address or id a line')
    .option('--session <id...>', 'sessions with these ids')
    .option('--address <address|range>', 'from an address or a range, such as 203.0.113.0/24 or 2001:db8::/32')
    .option('--country <code>', 'from a country, such as DE')
    .option('--browser <name>', 'such as Firefox')
    .option('--system <name>', 'such as "Windows 11"')
    .option('--kind <kind>', 'desktop, phone, tablet, tv, console, program or unknown')
    .option('--user-agent <text>', 'the user agent contains this text')
    .option(
      '--signed-in-after <time>',
      'at this time or later: 2026-11-28T02:00:00Z, or a span before now: 2h, 30m, 7d',
    )
    .option('--signed-in-before <time>', 'earlier than this time')
    .option('--last-seen-after <time>', 'at this time or later')
    .option('--last-seen-before <time>', 'earlier than this time')
    .option('--new-device', 'only from devices that their user had not signed in from before')
    .option('--method <method>', 'of the sign-in, such as password, passkey or provider:google')
}

/** Whether any option of a filter was given. */
export function hasFilter(options: FilterOptions): boolean {
  const { user, usersFile } = options
  const conditions = conditionsOf(options, 0) // whatever time a span is before
  return [user, usersFile, ...Object.values(conditions)].some((value) => value !== undefined)
}

/** @throws {InvalidFilterError | UnknownUserError} */
export async function readFilter(
  options: FilterOptions,
  { database, clock }: Pick<Connections, 'database' | 'clock'>,
  output: Output,
): Promise<Filter> {
  const { user, usersFile } = options
  const named = [...(user ?? []), ...(usersFile === undefined ? [] : linesOf(usersFile))]
  if (named.length === 0 && usersFile !== undefined) throw new UsageError('--users-file names nobody')
  const isForUsers = named.length > 0
  const { ids, unknown } = await lookUpUsers(named, database.kysely)
  skipUnknown(unknown, options, output)
  if (isForUsers && ids.length === 0) throw new UsageError('--users-file names nobody who exists')
  return parseFilter({ users: isForUsers ? ids : undefined, ...conditionsOf(options, clock()) })
}

/** @returns The ids that SQL knows. @throws {UnknownUserError} for one that no file holds. */
export async function knownUsers(
  ids: readonly string[],
  options: FilterOptions,
  database: Database,
  output: Output,
): Promise<string[]> {
  const unknown = new Set(await unknownUsers(ids, database.kysely))
  skipUnknown([...unknown], options, output)
  return ids.filter((id) => !unknown.has(id))
}

const MAX_NAMED = 5

/** A file may be older than the deletion of an account. */
function skipUnknown(unknown: readonly string[], { user = [], usersFile }: FilterOptions, output: Output): void {
  const refused = unknown.find((name) => usersFile === undefined || user.includes(name))
  if (refused !== undefined) throw new UnknownUserError(refused)
  if (unknown.length === 0) return
  const more = unknown.length > MAX_NAMED ? ', …' : ''
  output.warn(
    `Left out ${unknown.length} of the file, who do not exist: ${unknown.slice(0, MAX_NAMED).join(', ')}${more}`,
  )
}

function conditionsOf(options: FilterOptions, now: number) {
  const timeOf = (option: string, text: string | undefined) => readTime(option, text, now)
  return {
    sessions: options.session?.map((text) => sessionId('--session', text)),
    address: options.address,
    country: options.country,
    browser: options.browser,
    system: options.system,
    kind: options.kind,
    userAgent: options.userAgent,
    signedInAfter: timeOf('--signed-in-after', options.signedInAfter),
    signedInBefore: timeOf('--signed-in-before', options.signedInBefore),
    lastSeenAfter: timeOf('--last-seen-after', options.lastSeenAfter),
    lastSeenBefore: timeOf('--last-seen-before', options.lastSeenBefore),
    newDevice: options.newDevice,
    method: options.method,
  }
}

function linesOf(file: string): string[] {
  const lines = readText(file).split(/\r?\n/)
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InvalidFilterError(
      `--users-file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** With a zone: without one, it would be another time on another machine. A day begins at midnight UTC. */
const TIME = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

function readTime(option: string, text: string | undefined, now: number): Date | undefined {
  if (text === undefined) return undefined
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (amount !== undefined) return new Date(now - Number(amount) * (UNITS_MS[unit] ?? 0))
  const [, day = ''] = TIME.exec(text) ?? []
  const time = new Date(text)
  if (Number.isNaN(time.getTime()) || !isDay(day))
    throw new InvalidFilterError(
      `${option} is no time: ${text}. Give one such as 2026-11-28, 2026-11-28T02:00:00Z or 2026-11-28T02:00:00+01:00, or a span before now such as 2h`,
    )
  return time
}

/** `Date` takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const midnight = new Date(text)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text)
}
