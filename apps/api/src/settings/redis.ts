import { isEncoded, MUST_BE_ENCODED } from './url.js'

export interface RedisNode {
  readonly host: string
  readonly port: number
}

/** The credentials of the server in Redis. */
interface Access {
  readonly username: string | undefined
  readonly password: string | undefined
}

/** The address of Redis, and the credentials for it. */
export type RedisSettings =
  | (Access & { readonly kind: 'single'; readonly url: string })
  | (Access & { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[]; readonly tls: boolean })
  | (Access & {
      readonly kind: 'sentinel'
      readonly sentinels: readonly RedisNode[]
      readonly master: string
      readonly sentinelUsername: string | undefined
      readonly sentinelPassword: string | undefined
      readonly tls: boolean
    })

interface RedisVariables {
  readonly REDIS_URL?: string | undefined
  readonly REDIS_CLUSTER_NODES?: readonly RedisNode[] | undefined
  readonly REDIS_SENTINELS?: readonly RedisNode[] | undefined
  readonly REDIS_SENTINEL_MASTER?: string | undefined
  readonly REDIS_SENTINEL_USERNAME?: string | undefined
  readonly REDIS_SENTINEL_PASSWORD?: string | undefined
  readonly REDIS_USERNAME?: string | undefined
  readonly REDIS_PASSWORD?: string | undefined
  readonly REDIS_TLS: 'on' | 'off'
}

/** `host:port`, where an IPv6 address stands in brackets; `null` for anything else. */
export function parseNode(node: string): RedisNode | null {
  const [, host, port] = /^(?:([\w.-]+)|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(node) ?? []
  if (port === undefined || Number(port) > 65_535) return null
  return { host: host ?? node.slice(1, node.lastIndexOf(']')), port: Number(port) }
}

/** Why this is no address of a Redis; `null` when it is one. Never quotes it: it may hold a password. */
export function redisUrlFault(text: string): string | null {
  if (text.startsWith('/')) return text.includes('?') ? 'must be the path of a unix socket without parameters' : null
  if (!URL.canParse(text) || !/^rediss?:$/.test(new URL(text).protocol)) {
    return 'must be redis://…, rediss://… or the absolute path of a unix socket'
  }
  if (!isEncoded(text)) return MUST_BE_ENCODED
  const { hostname, pathname, searchParams, hash } = new URL(text)
  if (!/^\/?\d*$/.test(pathname)) return 'must end with the host and port, or with a slash and the number of a database'
  if (hostname === '') return 'must name the host of Redis'
  // Any option of ioredis could stand here, such as a prefix that the scripts know nothing of.
  const unknown = [...searchParams].some(([name, value]) => name !== 'family' || !['0', '4', '6'].includes(value))
  return unknown || hash !== '' ? 'must have no parameters other than family, which is 4, 6 or 0 for both' : null
}

/** Checks the settings against each other; `refuse` learns the name of each that is wrong. */
export function checkRedisVariables(given: RedisVariables, refuse: (setting: string, message: string) => void): void {
  const ways = (['REDIS_URL', 'REDIS_CLUSTER_NODES', 'REDIS_SENTINELS'] as const).filter(
    (name) => given[name] !== undefined,
  )
  const [way, other] = ways
  // No default such as localhost:6379: that Redis may belong to someone else.
  if (way === undefined) {
    refuse(
      'REDIS_URL',
      'must be set, or REDIS_CLUSTER_NODES, or REDIS_SENTINELS; `npm start` at the root of the repository brings a Redis along',
    )
  }
  if (other !== undefined) refuse(String(way), `cannot be set together with ${other}`)
  if (way === 'REDIS_SENTINELS' && given.REDIS_SENTINEL_MASTER === undefined) {
    refuse('REDIS_SENTINEL_MASTER', 'must be the name by which the sentinels know the master')
  }
  for (const name of ['REDIS_SENTINEL_MASTER', 'REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD'] as const) {
    if (!ways.includes('REDIS_SENTINELS') && given[name] !== undefined) refuse(name, 'needs REDIS_SENTINELS')
  }
  if (way === 'REDIS_URL') checkWithUrl(given, refuse)
  for (const server of ['REDIS', 'REDIS_SENTINEL'] as const) {
    if (given[`${server}_USERNAME`] !== undefined && given[`${server}_PASSWORD`] === undefined)
      refuse(`${server}_USERNAME`, `needs ${server}_PASSWORD`)
  }
}

function checkWithUrl(
  { REDIS_URL = '', ...given }: RedisVariables,
  refuse: (setting: string, message: string) => void,
): void {
  const { username, password } = REDIS_URL.startsWith('/') ? { username: '', password: '' } : new URL(REDIS_URL)
  if (given.REDIS_PASSWORD !== undefined && username + password !== '') {
    refuse('REDIS_PASSWORD', 'cannot be set together with a user or password in REDIS_URL')
  }
  if (given.REDIS_TLS === 'on' && !/^rediss:/i.test(REDIS_URL))
    refuse('REDIS_TLS', 'is for REDIS_CLUSTER_NODES and REDIS_SENTINELS; use rediss:// in REDIS_URL')
}

/** Call it with variables that {@link checkRedisVariables} has accepted. */
export function toRedisSettings(given: RedisVariables): RedisSettings {
  const access = { username: given.REDIS_USERNAME, password: given.REDIS_PASSWORD }
  const tls = given.REDIS_TLS === 'on'
  if (given.REDIS_CLUSTER_NODES !== undefined)
    return { kind: 'cluster', nodes: given.REDIS_CLUSTER_NODES, ...access, tls }
  if (given.REDIS_SENTINELS === undefined) return { kind: 'single', url: given.REDIS_URL ?? '', ...access }
  return {
    kind: 'sentinel',
    sentinels: given.REDIS_SENTINELS,
    master: given.REDIS_SENTINEL_MASTER ?? '',
    sentinelUsername: given.REDIS_SENTINEL_USERNAME,
    sentinelPassword: given.REDIS_SENTINEL_PASSWORD,
    ...access,
    tls,
  }
}
