import { isCluster, type SessionStoreOptions } from '@rollcall/session-store'
import { z } from 'zod'
import { isOldToken, type OldRow, type OldSessions } from './old-session.js'

export interface SecondaryStorage {
  /** The client of better-auth's `redisStorage`. */
  readonly client: SessionStoreOptions['redis']
  /** Its `keyPrefix`. Default: `better-auth:`. */
  readonly keyPrefix?: string
}

const SCAN_COUNT = 500

/** In front of a value that is being moved: better-auth no longer reads it, and another attempt finds it. */
const MOVING = '!'

/** Marks a value and returns it as it was. KEYS[1]: the session; ARGV[1]: the mark. */
const MARK = `
local value = redis.call('GET', KEYS[1])
if value and string.sub(value, 1, 1) ~= ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1] .. value, 'KEEPTTL')
end
return value`

const reference = z.looseObject({ token: z.string() })
const references = z.array(reference).catch([])
const stored = z.object({ session: z.looseObject({}) }).transform(({ session }) => session)

/** The sessions in better-auth's `redisStorage`: a key for each, and a list of tokens for each user. */
export function redisSessions({ client, keyPrefix = 'better-auth:' }: SecondaryStorage): OldSessions {
  const keyOf = (name: string): string => keyPrefix + name

  async function read(tokens: readonly string[]): Promise<OldRow[]> {
    const values = await Promise.all(tokens.map((token) => client.get(keyOf(token))))
    return values.flatMap((value, i) => (value === null ? [] : [rowIn(value, tokens[i])]))
  }

  /** Such sessions live on in Redis, and better-auth refuses them. */
  async function isRevoked({ userId, createdAt }: OldRow): Promise<boolean> {
    const before = Number(await client.get(keyOf(`revoked-sessions-before-${String(userId)}`)))
    return new Date(String(createdAt)).getTime() < before
  }

  return {
    ofToken: (token) => read([token]),

    async *batches(userId) {
      if (userId !== undefined) {
        const list = references.parse(parseJson((await client.get(keyOf(`active-sessions-${userId}`))) ?? ''))
        yield await read([...new Set(list.map(({ token }) => token))].filter(isOldToken))
        return
      }
      const before = (client.options.keyPrefix ?? '') + keyPrefix
      for (const node of isCluster(client) ? client.nodes('master') : [client]) {
        let cursor = '0'
        do {
          const [next, keys] = await node.scan(cursor, 'MATCH', `${escapePattern(before)}*`, 'COUNT', SCAN_COUNT)
          const rows = await read(keys.map((key) => key.slice(before.length)).filter(isOldToken))
          if (rows.length > 0) yield rows
          cursor = next
        } while (cursor !== '0')
      }
    },

    async take(tokens, adopt) {
      const values = await Promise.all(tokens.map((token) => client.eval(MARK, 1, keyOf(token), MOVING)))
      const rows = values.flatMap((value, i) => (typeof value === 'string' ? [rowIn(value, tokens[i])] : []))
      const revoked = await Promise.all(rows.map(isRevoked))
      const result = await adopt(rows.filter((_, i) => revoked[i] === false))
      await Promise.all(tokens.map((token) => client.del(keyOf(token))))
      return result
    },
  }
}

function rowIn(value: string, token: string | undefined): OldRow {
  const row = stored.safeParse(parseJson(value.startsWith(MOVING) ? value.slice(MOVING.length) : value))
  return { ...row.data, token }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)
}
