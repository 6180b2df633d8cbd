import { profiles } from '@rollcall/session-store'
import type { z } from 'zod'
import { isWeakSecret } from './secret-strength.js'
import { checkRedisVariables, toRedisSettings } from './redis.js'
import { leadsToItself } from './url.js'
import { LOOPBACK, variables } from './variables.js'

/** A setting is missing or wrong. The message names it, and never shows a value: it may be a secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

export type Settings = ReturnType<typeof readSettings>

/** Seconds by which a server that leaves outlives its idle connections. */
const LEAVING_MARGIN_SECONDS = 5

/** Risks of a trial, logged at each start. */
export const insecurities = {
  http: 'BASE_URL is not on https: cookies are not Secure, and passwords and sessions can be read on their way',
  localhost: 'BASE_URL is this machine: links in mails lead nowhere on any other',
  outbox: 'SMTP_URL is not set: mails, with links that change passwords, are written to a folder and reach nobody',
} as const

const schema = variables.superRefine((settings, context) => {
  const refuse = (setting: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [setting], message })
  if (settings.REDIS_SOCKET_TIMEOUT_MS < settings.REDIS_COMMAND_TIMEOUT_MS) {
    refuse('REDIS_SOCKET_TIMEOUT_MS', 'must be at least REDIS_COMMAND_TIMEOUT_MS')
  }
  if (settings.METRICS_PORT === undefined && settings.METRICS_HOST !== LOOPBACK) {
    refuse('METRICS_HOST', 'needs METRICS_PORT')
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
    refuse(
      'BETTER_AUTH_SECRET',
      'must be random in production, and not a word, a placeholder or a repetition: openssl rand -base64 32',
    )
  }
  if (isInsecure.http(settings) && !settings.ALLOW_INSECURE.includes('http')) {
    refuse(
      'BASE_URL',
      `must be ${baseUrl === undefined ? 'set' : 'on https'} in production, such as https://example.org; for a trial, ALLOW_INSECURE=http`,
    )
  }
  if (isInsecure.localhost(settings) && !settings.ALLOW_INSECURE.includes('localhost')) {
    refuse('BASE_URL', 'must be an address that others reach in production; for a trial, ALLOW_INSECURE=localhost')
  }
  if (isInsecure.outbox(settings) && !settings.ALLOW_INSECURE.includes('outbox')) {
    refuse('SMTP_URL', 'must be set in production, or no mail reaches anybody; for a trial, ALLOW_INSECURE=outbox')
  }
}

/** A file that holds a value often ends with a newline. */
function trimmed([name, value = '']: [string, string | undefined]): [string, string] {
  return [name, name.endsWith('_PASSWORD') ? value : value.trim()]
}

const isHttps = ({ BASE_URL }: Variables): boolean => BASE_URL?.startsWith('https://') === true

const isInsecure = {
  http: (settings: Variables) => !isHttps(settings),
  /** A trial with http needs no second permission. */
  localhost: (settings: Variables) => isHttps(settings) && leadsToItself(settings.BASE_URL ?? ''),
  outbox: ({ SMTP_URL }: Variables) => SMTP_URL === undefined,
}

/**
 * The one place that reads the environment. An empty variable counts as unset, and so does one of blanks.
 *
 * @throws {SettingsError} naming every setting that is wrong.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env) {
  const set = Object.fromEntries(
    Object.entries(env)
      .map(trimmed)
      .filter(([, value]) => value !== ''),
  )
  const { data, error } = schema.safeParse(set)
  if (error)
    throw new SettingsError(error.issues.map(({ path, message }) => `${String(path[0])} ${message}`).join('\n'))
  const production = data.NODE_ENV === 'production'
  return {
    production,
    port: data.PORT,
    host: data.HOST,
    keepAliveMs: data.KEEP_ALIVE_SECONDS * 1_000,
    leavingMs: (data.LEAVING_SECONDS ?? (production ? data.KEEP_ALIVE_SECONDS + LEAVING_MARGIN_SECONDS : 0)) * 1_000,
    drainMs: data.DRAIN_SECONDS * 1_000,
    baseUrl: data.BASE_URL,
    /** `undefined`: no metrics. */
    metrics: data.METRICS_PORT === undefined ? undefined : { port: data.METRICS_PORT, host: data.METRICS_HOST },
    dataDir: data.DATA_DIR,
    redis: toRedisSettings(data),
    keyPrefix: data.KEY_PREFIX,
    /** Milliseconds, under the names of ioredis. */
    redisTimeouts: { commandTimeout: data.REDIS_COMMAND_TIMEOUT_MS, socketTimeout: data.REDIS_SOCKET_TIMEOUT_MS },
    databaseUrl: data.DATABASE_URL,
    secrets: data.BETTER_AUTH_SECRET,
    providers: data.SIGN_IN_PROVIDERS,
    smtpUrl: data.SMTP_URL,
    /** An email address is confirmed before its account exists. */
    confirmsAddress: (data.SIGN_UP ?? (data.SMTP_URL === undefined ? 'direct' : 'confirmed')) === 'confirmed',
    /** Milliseconds. */
    reauthenticateAfterMs: data.REAUTHENTICATION_MINUTES * 60_000,
    activityDays: data.ACTIVITY_DAYS,
    /** Milliseconds; `undefined`: every request asks Redis. */
    nearCacheLeaseMs: data.NEAR_CACHE_LEASE_MS,
    trustedProxies: data.TRUSTED_PROXIES,
    places: data.PLACES === 'on',
    timeouts: profiles[data.SESSION_TIMEOUTS],
    maxSessionsPerUser: data.MAX_SESSIONS_PER_USER,
    durability: data.DURABILITY,
    /** Protections that this production lacks, by name; empty elsewhere. */
    allowedInsecure: data.NODE_ENV === 'production' ? data.ALLOW_INSECURE.filter((name) => isInsecure[name](data)) : [],
  }
}
