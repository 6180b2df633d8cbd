import { resolve } from 'node:path'
import proxyaddr from 'proxy-addr'
import { z } from 'zod'

/** A setting is missing or wrong. The message names it, and never shows a value: it may be a secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

export type Settings = ReturnType<typeof readSettings>

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
)

const url = (what: string, ...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be ${what}`,
    abort: true, // what follows may take it for a URL
  })

const seconds = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,4}$/, `must be a whole number of seconds, from ${least} to ${most}`)
    .transform(Number)
    .refine((count) => count >= least && count <= most, `must be a whole number of seconds, from ${least} to ${most}`)

/** Seconds by which a server that leaves outlives its idle connections. */
const LEAVING_MARGIN = 5

/** Names and forms of all settings; .env.example explains them. */
export const variables = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'], 'must be development, production or test')
    .default('development'),
  /** 0: any free port. */
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a port number')
    .default(3000),
  HOST: z.string().default('127.0.0.1'),
  /** How long an idle connection stays open: longer than the balancer in front of us keeps one. */
  KEEP_ALIVE_SECONDS: seconds(1, 9_999).default(65),
  /** How long the server still serves after a signal to stop. Default: a little longer than idle connections live. */
  LEAVING_SECONDS: seconds(0, 9_999).optional(),
  /** How long the server may take after that to answer what is under way and to close. */
  DRAIN_SECONDS: seconds(1, 999).default(8),
  /** The one origin of page and API as a browser sees it. Default: http://localhost and the port. */
  BASE_URL: url('an http or https address', 'http:', 'https:')
    .refine((text) => {
      const { pathname, search, hash, username, password } = new URL(text)
      return pathname === '/' && `${search}${hash}${username}${password}` === ''
    }, 'must be an origin, such as https://example.org, without a path')
    .transform((text) => new URL(text).origin)
    .optional(),
  DATA_DIR: z.string().default('.data').transform((folder) => resolve(folder)),
  /** Or the absolute path of a unix socket. */
  REDIS_URL: z
    .string()
    .refine(
      (text) => text.startsWith('/') || (URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)),
      'must be redis://…, rediss://… or the absolute path of a unix socket',
    )
    .optional(),
  REDIS_CLUSTER_NODES: list
    .refine((nodes) => nodes.length > 0 && nodes.every((node) => parseNode(node) !== null), 'must be host:port, host:port, …')
    .transform((nodes) => nodes.flatMap((node) => parseNode(node) ?? []))
    .optional(),
  /** Without it, an SQLite file in DATA_DIR. */
  DATABASE_URL: url('postgres://…', 'postgres:', 'postgresql:').optional(),
  /** Without it, outside of production, one is made and kept in DATA_DIR. */
  BETTER_AUTH_SECRET: list
    .refine((secrets) => secrets.length > 0 && secrets.every((secret) => secret.length >= 32), {
      error: 'must have at least 32 characters, and so must each of several with commas between them',
      abort: true,
    })
    .pipe(z.tuple([z.string()], z.string()))
    .optional(),
  /** Without it, mails are written to DATA_DIR/outbox. `?from=` names the sender. */
  SMTP_URL: url('smtp://… or smtps://…', 'smtp:', 'smtps:').optional(),
  /** For how long a proof of the password is good enough to end other devices. */
  REAUTHENTICATION_MINUTES: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be a whole number of minutes, 1 or more')
    .transform(Number)
    .default(15),
  /** How long what happened to an account is kept for its owner to see. */
  ACTIVITY_DAYS: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'must be a number of days, from 1 to 9999')
    .transform(Number)
    .default(90),
  /** For how long, at most, a query may still pass when Redis could not tell that its session has ended. */
  NEAR_CACHE_LEASE_MS: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be a whole number of milliseconds, 1 or more')
    .transform(Number)
    .optional(),
  /** Whose X-Forwarded-For counts: addresses, ranges such as 10.0.0.0/8, or loopback, linklocal, uniquelocal. */
  TRUSTED_PROXIES: list
    .refine(areRanges, 'must be addresses, ranges such as 10.0.0.0/8, or loopback, linklocal, uniquelocal')
    .default([]),
  /** Whether devices are shown with a rough place. */
  PLACES: z.enum(['on', 'off'], 'must be on or off').default('on'),
})

const schema = variables.superRefine((settings, context) => {
  const refuse = (setting: string, message: string): void => context.addIssue({ code: 'custom', path: [setting], message })
  if (settings.NODE_ENV === 'production' && settings.BETTER_AUTH_SECRET === undefined) {
    refuse('BETTER_AUTH_SECRET', 'must be set in production: 32 random characters or more, the same on every server')
  }
  if (settings.REDIS_URL !== undefined && settings.REDIS_CLUSTER_NODES !== undefined) {
    refuse('REDIS_URL', 'cannot be set together with REDIS_CLUSTER_NODES')
  }
  // No default such as localhost:6379: that Redis may belong to someone else.
  if (settings.REDIS_URL === undefined && settings.REDIS_CLUSTER_NODES === undefined) {
    refuse('REDIS_URL', 'must be set, or REDIS_CLUSTER_NODES; `npm start` at the root of the repository brings a Redis along')
  }
})

/**
 * The one place that reads the environment. An empty variable counts as unset.
 *
 * @throws {SettingsError} naming every setting that is wrong.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env) {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const { data, error } = schema.safeParse(set)
  if (error) throw new SettingsError(error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'))
  const production = data.NODE_ENV === 'production'
  return {
    production,
    port: data.PORT,
    host: data.HOST,
    keepAliveMs: data.KEEP_ALIVE_SECONDS * 1_000,
    leavingMs: (data.LEAVING_SECONDS ?? (production ? data.KEEP_ALIVE_SECONDS + LEAVING_MARGIN : 0)) * 1_000,
    drainMs: data.DRAIN_SECONDS * 1_000,
    baseUrl: data.BASE_URL,
    dataDir: data.DATA_DIR,
    redis: data.REDIS_CLUSTER_NODES ?? data.REDIS_URL ?? '',
    databaseUrl: data.DATABASE_URL,
    secrets: data.BETTER_AUTH_SECRET,
    smtpUrl: data.SMTP_URL,
    /** Milliseconds. */
    reauthenticateAfter: data.REAUTHENTICATION_MINUTES * 60_000,
    activityDays: data.ACTIVITY_DAYS,
    /** Milliseconds; `undefined`: every request asks Redis. */
    nearCacheLease: data.NEAR_CACHE_LEASE_MS,
    trustedProxies: data.TRUSTED_PROXIES,
    places: data.PLACES === 'on',
  }
}

function parseNode(node: string): { host: string; port: number } | null {
  const [, host, port] = /^(?:([\w.-]+)|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(node) ?? []
  if (port === undefined || Number(port) > 65_535) return null
  return { host: host ?? node.slice(1, node.lastIndexOf(']')), port: Number(port) }
}

function areRanges(ranges: string[]): boolean {
  try {
    if (ranges.length > 0) proxyaddr.compile(ranges)
    return true
  } catch {
    return false
  }
}
