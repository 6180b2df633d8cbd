import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { type profiles, redisOptions } from '@rollcall/session-store'
import { z } from 'zod'
import { providerList } from './providers.js'
import { bounds, count, explainCount, explain } from './explain.js'
import { areRanges } from '../client/client-address.js'
import { parseNode, redisUrlFault } from './redis.js'
import { url } from './url.js'

const profileNames = ['aal1', 'aal2', 'aal3'] as const satisfies (keyof typeof profiles)[]

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
)

const nodes = list
  .refine(
    (nodes) => nodes.length > 0 && nodes.every((node) => parseNode(node) !== null),
    'must be host:port, host:port, …',
  )
  .transform((nodes) => nodes.flatMap((node) => parseNode(node) ?? []))

/** Names as they are. Some readers of env files leave the quotes around a value. */
const unquoted = z.string().regex(/^[^"']/, 'must not stand in quotes')

/** An address to listen on: no scheme, no port, no brackets around an IPv6 address. */
const hostOrAddress = unquoted.refine(
  (text) => isIP(text) !== 0 || /^[a-z\d_]([a-z\d_.-]*[a-z\d])?$/i.test(text),
  'must be a host name or an address alone',
)

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .refine((number) => number <= 65_535, 'must be a port number')

export const LOOPBACK = '127.0.0.1'

const insecure = 'http, localhost, outbox, or several with commas between them'

/** All settings, in the order of `.env.example`. */
export const variables = z.object({
  NODE_ENV: explain(
    'development, production or test',
    z.enum(['development', 'production', 'test'], 'must be development, production or test').default('development'),
    'In production, the server refuses to start without https, a mail server and a random secret.',
  ),
  PORT: explain('port number', port.default(3000), 'The port that the server listens on. 0 takes any free port.'),
  HOST: explain(
    'host name or address',
    hostOrAddress.default(LOOPBACK),
    'The address that the server listens on. In a container, use 0.0.0.0.',
  ),
  KEEP_ALIVE_SECONDS: explainCount(
    'seconds',
    1,
    9_999,
    65,
    'How long an idle connection stays open. It must be longer than the balancer in front keeps one, or requests are reset. The load balancers of AWS and nginx keep one for 60 s, those of Google for 600 s.',
  ),
  LEAVING_SECONDS: explain(
    bounds('seconds', 0, 9_999),
    count('seconds', 0, 9_999).optional(),
    'How long the server still serves after SIGTERM. Meanwhile /readyz is 503 and each answer closes its connection, so that balancers choose another server. Default: 0, and in production KEEP_ALIVE_SECONDS + 5. A second signal ends the server at once.',
  ),
  DRAIN_SECONDS: explainCount(
    'seconds',
    1,
    999,
    8,
    'How long the server may then take to answer, send and close. After that the process exits in any case. Whatever kills the server must wait for LEAVING_SECONDS + DRAIN_SECONDS: Docker waits for 10 s, Kubernetes for 30 s, systemd for 90 s.',
  ),
  BASE_URL: explain(
    'http or https origin',
    url('an http or https address', 'http:', 'https:')
      .refine((text) => {
        const { hostname, pathname, search, hash, username, password } = new URL(text)
        // better-auth would read a star as any text.
        return !hostname.includes('*') && pathname === '/' && `${search}${hash}${username}${password}` === ''
      }, 'must be an origin, such as https://example.org, without a path or a star')
      .transform((text) => new URL(text).origin)
      .optional(),
    'The one origin of page and API, as browsers see it. Default: http://localhost and the port. On https, cookies are Secure and named __Host-. Production requires https, unless ALLOW_INSECURE has http, and a host other than localhost, unless it has localhost.',
  ),
  DATA_DIR: explain(
    'folder',
    unquoted.default('.data').transform((folder) => resolve(folder)),
    'The folder for SQLite, for mails without SMTP_URL, for the private Redis, and for the secret of development.',
  ),
  REDIS_URL: explain(
    'redis://…, rediss://… or path of a unix socket',
    z
      .string()
      .superRefine((text, context) => {
        const fault = redisUrlFault(text)
        if (fault !== null) context.addIssue({ code: 'custom', message: fault, continue: false })
      })
      // ioredis compares the scheme letter by letter.
      .transform((text) => text.replace(/^rediss?:/i, (scheme) => scheme.toLowerCase()))
      .optional(),
    'Redis 7.0 or newer, or Valkey, with maxmemory-policy noeviction. A number after the host chooses a database: redis://localhost:6379/1. Set this, REDIS_CLUSTER_NODES or REDIS_SENTINELS. Without any of them, npm start brings its own Redis.',
  ),
  REDIS_CLUSTER_NODES: explain(
    'host:port, host:port, …',
    nodes.optional(),
    'Nodes of a Redis Cluster. Some are enough: they name the others.',
  ),
  REDIS_SENTINELS: explain('host:port, host:port, …', nodes.optional(), 'Sentinels that name the current master.'),
  REDIS_SENTINEL_MASTER: explain('name', unquoted.optional(), 'The name by which the sentinels know the master.'),
  REDIS_USERNAME: explain(
    'user name',
    z.string().optional(),
    'The user at the Redis servers, unless REDIS_URL contains it.',
  ),
  REDIS_PASSWORD: explain(
    'password',
    z.string().optional(),
    'The password at the Redis servers, unless REDIS_URL contains it.',
  ),
  REDIS_SENTINEL_USERNAME: explain('user name', z.string().optional(), 'The user at the sentinels themselves.'),
  REDIS_SENTINEL_PASSWORD: explain('password', z.string().optional(), 'The password at the sentinels themselves.'),
  REDIS_TLS: explain(
    'on or off',
    z.enum(['on', 'off'], 'must be on or off').default('off'),
    'TLS to every node of a Cluster, or to the sentinels and their servers. For REDIS_URL, use rediss://. For a certificate authority of your own, set NODE_EXTRA_CA_CERTS, a variable of Node.',
  ),
  KEY_PREFIX: explain(
    'up to 64 letters, digits, colons, dots, dashes or underscores',
    z
      .string()
      .regex(/^[\w.:-]{1,64}$/, 'must be up to 64 letters, digits, colons, dots, dashes or underscores, such as shop:')
      .default(''),
    'A prefix for every key and channel, such as shop: for one of several applications on a Redis. A change signs everybody out.',
  ),
  REDIS_COMMAND_TIMEOUT_MS: explainCount(
    'milliseconds',
    200,
    99_999,
    redisOptions.commandTimeout,
    'After this time without an answer of Redis, a command fails and the answer is 503. Pauses of this server do not count. Raise it if Redis is far away.',
  ),
  REDIS_SOCKET_TIMEOUT_MS: explainCount(
    'milliseconds',
    200,
    99_999,
    redisOptions.socketTimeout,
    'After this time of silence with commands in flight, the connection to Redis is closed. It is at least REDIS_COMMAND_TIMEOUT_MS.',
  ),
  DATABASE_URL: explain(
    'postgres://user:password@host:port/database',
    url('postgres://…', 'postgres:', 'postgresql:').optional(),
    'PostgreSQL for accounts and activity. Default: SQLite in DATA_DIR.',
  ),
  BETTER_AUTH_SECRET: explain(
    '32 random characters or more, or several secrets with commas between them',
    list
      .refine((secrets) => secrets.length > 0 && secrets.every((secret) => secret.length >= 32), {
        error: 'must have at least 32 characters, and so must each of several with commas between them',
        abort: true,
      })
      .pipe(z.tuple([z.string()], z.string()))
      .optional(),
    'Signs cookies; the same on every server. Make one with: openssl rand -base64 32. Production requires a random one. In development, the server makes one in DATA_DIR. To change it without signing anyone out, see "Changing the secret" in docs/security.md.',
  ),
  SMTP_URL: explain(
    'smtp://… or smtps://…',
    url('smtp://… or smtps://…', 'smtp:', 'smtps:')
      .refine(
        (text) => /[^\s<]@[^\s>]/.test(new URL(text).searchParams.get('from') ?? 'its@default'),
        'must have an email address in its parameter from',
      )
      .optional(),
    'The mail server, with user and password if it needs them. ?from=Rollcall%20<no-reply@example.org> sets the sender. Default: mails are written to DATA_DIR/outbox. Production refuses that, unless ALLOW_INSECURE has outbox.',
  ),
  SIGN_UP: explain(
    'confirmed or direct',
    z.enum(['confirmed', 'direct'], 'must be confirmed or direct').optional(),
    'With confirmed, a sign-up mails a link to the email address, and the account is made once somebody has followed it. With direct, a sign-up signs in at once, and reveals whether the address has an account. Default: confirmed where SMTP_URL is set, else direct.',
  ),
  SIGN_IN_PROVIDERS: explain(
    'JSON list of objects',
    providerList.default([]),
    'Providers that people can sign in with. google, github and microsoft need {"id":"google","clientId":"…","clientSecret":"…"}; microsoft takes a tenant, too. Any other one that speaks OpenID Connect needs {"id":"acme","name":"Acme","issuer":"https://login.acme.example","clientId":"…","clientSecret":"…"}. Register BASE_URL/provider/ and the id as its redirect address. Entra ID must send the optional claims email and xms_edov. Default: none.',
  ),
  ALLOW_INSECURE: explain(
    insecure,
    list.pipe(z.array(z.enum(['http', 'localhost', 'outbox'], `must be ${insecure}`))).default([]),
    'Risks that a trial in production may take. http: BASE_URL is not on https. localhost: BASE_URL is on https, but only this machine reaches it. outbox: SMTP_URL is not set. The log warns of each at every start.',
  ),
  REAUTHENTICATION_MINUTES: explainCount(
    'minutes',
    1,
    99_999,
    15,
    'How long a sign-in, or a later proof, allows its session to revoke other devices.',
  ),
  ACTIVITY_DAYS: explainCount(
    'days',
    1,
    9_999,
    90,
    'How long people can see the activity of their account: sign-ins, sign-outs, changed passwords.',
  ),
  NEAR_CACHE_LEASE_MS: explain(
    bounds('milliseconds', 1, 99_999),
    count('milliseconds', 1, 99_999).optional(),
    'Answers queries from a cache that Redis invalidates. If an invalidation is lost, a revoked session can read for this long; 1000 is a good value. Mutations always ask Redis. Default: no cache, and every request asks Redis.',
  ),
  TRUSTED_PROXIES: explain(
    'addresses, ranges such as 10.0.0.0/8, loopback, linklocal or uniquelocal, with commas between them',
    list
      .refine(areRanges, 'must be addresses, ranges such as 10.0.0.0/8, or loopback, linklocal, uniquelocal')
      .default([]),
    'Proxies whose X-Forwarded-For or Forwarded (RFC 7239) counts. X-Forwarded-For counts before Forwarded: a proxy that writes Forwarded must remove the other. Default: none, and the client is the address that connects. The log names a proxy that is missing here.',
  ),
  PLACES: explain(
    'on or off',
    z.enum(['on', 'off'], 'must be on or off').default('on'),
    'Shows with each device the country of its IP address, or that it is local. The server looks it up in a file of its own and asks nobody.',
  ),
  SESSION_TIMEOUTS: explain(
    profileNames.join(', '),
    z.enum(profileNames, `must be one of ${profileNames.join(', ')}`).default('aal1'),
    'How long sessions live, by a profile of NIST. The idle and the absolute timeout are 7 and 30 days (aal1), 1 and 24 hours (aal2), or 15 minutes and 12 hours (aal3).',
  ),
  MAX_SESSIONS_PER_USER: explainCount(
    'sessions',
    1,
    99_999,
    100,
    'A sign-in beyond this number revokes the session of that user that has been idle for longest.',
  ),
  DURABILITY: explain(
    'master or replicated',
    z.enum(['master', 'replicated'], 'must be master or replicated').default('master'),
    'When a revocation is answered: after the master has made it (master), or after a replica has it too (replicated). With master, a failover to a replica that lags may undo it. With replicated, the answer is 503 if no replica confirms in time, although the master has revoked.',
  ),
  METRICS_PORT: explain(
    'port number',
    port.optional(),
    'Serves GET /metrics for Prometheus on a port of its own. The metrics name no user, no email or IP address, and no token. 0 takes any free port. Default: no metrics.',
  ),
  METRICS_HOST: explain(
    'host name or address',
    hostOrAddress.default(LOOPBACK),
    'The address that METRICS_PORT listens on. Anybody who reaches it can read the metrics. In a container, use 0.0.0.0, and publish the port to Prometheus alone.',
  ),
})
