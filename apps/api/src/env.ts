import { resolve } from 'node:path'
import { profiles, redisOptions } from '@rollcall/session-store'
import proxyaddr from 'proxy-addr'
import { z } from 'zod'
import { checkRedisVariables, parseNode, redisUrlFault, toRedisSettings } from './redis-settings.js'
import { isWeakSecret } from './secret-strength.js'

/** A setting is missing or wrong. The message names it, and never shows a value: it may be a secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

export type Settings = ReturnType<typeof readSettings>

const profileNames = ['aal1', 'aal2', 'aal3'] as const satisfies (keyof typeof profiles)[]

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
)

const nodes = list
  .refine((nodes) => nodes.length > 0 && nodes.every((node) => parseNode(node) !== null), 'must be host:port, host:port, …')
  .transform((nodes) => nodes.flatMap((node) => parseNode(node) ?? []))

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
    .superRefine((text, context) => {
      const fault = redisUrlFault(text)
      if (fault !== null) context.addIssue({ code: 'custom', message: fault, continue: false })
    })
    // ioredis compares the scheme letter by letter.
    .transform((text) => text.replace(/^rediss?:/i, (scheme) => scheme.toLowerCase()))
    .optional(),
  REDIS_CLUSTER_NODES: nodes.optional(),
  REDIS_SENTINELS: nodes.optional(),
  /** The name by which the sentinels know the master. */
  REDIS_SENTINEL_MASTER: z.string().optional(),
  /** Of the sentinels themselves. */
  REDIS_SENTINEL_USERNAME: z.string().optional(),
  REDIS_SENTINEL_PASSWORD: z.string().optional(),
  /** Of the Redis servers, unless REDIS_URL names them. */
  REDIS_USERNAME: z.string().optional(),
  REDIS_PASSWORD: z.string().optional(),
  /** For a Cluster and its nodes, or for the sentinels and their servers; REDIS_URL has rediss://. */
  REDIS_TLS: z.enum(['on', 'off'], 'must be on or off').default('off'),
  /** In front of every key and channel, so that several applications can share a Redis. */
  KEY_PREFIX: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'must be up to 64 letters, digits, colons, dots, dashes or underscores, such as shop:')
    .default(''),
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
  /** How long sessions live: a profile of NIST. */
  SESSION_TIMEOUTS: z.enum(profileNames, `must be one of ${profileNames.join(', ')}`).default('aal1'),
  /** Sessions of one user; a sign-in beyond it revokes the one that has been idle for longest. */
  MAX_SESSIONS_PER_USER: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be a whole number from 1 to 99999')
    .transform(Number)
    .default(100),
  /** When a revocation is answered: once the master has done it, or once a replica holds it too. */
  DURABILITY: z.enum(['master', 'replicated'], 'must be master or replicated').default('master'),
  /** Until a command that Redis does not answer is given up. Below 200, a replica could not confirm in time. */
  REDIS_COMMAND_TIMEOUT_MS: z
    .string()
    .regex(/^(?:[2-9]\d{2}|[1-9]\d{3,4})$/, 'must be a whole number of milliseconds from 200 to 99999')
    .transform(Number)
    .default(redisOptions.commandTimeout),
  /** Until a connection to Redis that stays silent, with commands in flight, is closed. */
  REDIS_SOCKET_TIMEOUT_MS: z
    .string()
    .regex(/^(?:[2-9]\d{2}|[1-9]\d{3,4})$/, 'must be a whole number of milliseconds from 200 to 99999')
    .transform(Number)
    .default(redisOptions.socketTimeout),
  /** What a trial in production may do without: https, a mail server. */
  ALLOW_INSECURE: list
    .pipe(z.array(z.enum(['http', 'outbox'], 'must be http, outbox, or both with a comma between them')))
    .default([]),
})

/** What a trial gives up; logged at each start. */
export const insecurities = {
  http: 'BASE_URL is not on https: cookies are not Secure, and passwords and sessions can be read on their way',
  outbox: 'SMTP_URL is not set: mails, with links that change passwords, are written to a folder and reach nobody',
} as const

const schema = variables.superRefine((settings, context) => {
  const refuse = (setting: string, message: string): void => context.addIssue({ code: 'custom', path: [setting], message })
  if (settings.REDIS_SOCKET_TIMEOUT_MS < settings.REDIS_COMMAND_TIMEOUT_MS) {
    refuse('REDIS_SOCKET_TIMEOUT_MS', 'must be at least REDIS_COMMAND_TIMEOUT_MS')
  }
  if (settings.NODE_ENV === 'production') checkProduction(settings, refuse)
  checkRedisVariables(settings, refuse)
})

type Variables = z.infer<typeof variables>

/** Production must not start unsafe by an oversight. */
function checkProduction(settings: Variables, refuse: (setting: string, message: string) => void): void {
  const { BETTER_AUTH_SECRET: secrets, BASE_URL: baseUrl } = settings
  if (secrets === undefined) {
    refuse('BETTER_AUTH_SECRET', 'must be set in production: 32 random characters or more, the same on every server')
  }
  if (secrets?.some(isWeakSecret)) {
    refuse('BETTER_AUTH_SECRET', 'must be random in production, and not a word, a placeholder or a repetition: openssl rand -base64 32')
  }
  if (isInsecure.http(settings) && !settings.ALLOW_INSECURE.includes('http')) {
    refuse('BASE_URL', `must be ${baseUrl === undefined ? 'set' : 'on https'} in production, such as https://example.org; for a trial, ALLOW_INSECURE=http`)
  }
  if (isInsecure.outbox(settings) && !settings.ALLOW_INSECURE.includes('outbox')) {
    refuse('SMTP_URL', 'must be set in production, or no mail reaches anybody; for a trial, ALLOW_INSECURE=outbox')
  }
}

const isInsecure = {
  http: ({ BASE_URL }: Variables) => BASE_URL?.startsWith('https://') !== true,
  outbox: ({ SMTP_URL }: Variables) => SMTP_URL === undefined,
}

/**
 * The one place that reads the environment. An empty variable counts as unset.
 *
 * @throws {SettingsError} naming every setting that is wrong.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env) {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const { data, error } = schema.safeParse(set)
  if (error) throw new SettingsError(error.issues.map(({ path, message }) => `${String(path[0])} ${message}`).join('\n'))
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
    redis: toRedisSettings(data),
    keyPrefix: data.KEY_PREFIX,
    /** Milliseconds, under the names of ioredis. */
    redisTimeouts: { commandTimeout: data.REDIS_COMMAND_TIMEOUT_MS, socketTimeout: data.REDIS_SOCKET_TIMEOUT_MS },
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
    timeouts: profiles[data.SESSION_TIMEOUTS],
    maxSessionsPerUser: data.MAX_SESSIONS_PER_USER,
    durability: data.DURABILITY,
    /** What this production does without, by name; empty elsewhere. */
    allowedInsecure: data.NODE_ENV === 'production' ? data.ALLOW_INSECURE.filter((name) => isInsecure[name](data)) : [],
  }
}

function areRanges(ranges: string[]): boolean {
  try {
    if (ranges.length > 0) proxyaddr.compile(ranges)
    return true
  } catch {
    return false
  }
}
