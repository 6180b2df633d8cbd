import type { Redis } from 'ioredis'

/** Milliseconds between two new connections that find out where the address leads now. */
const ASK_INTERVAL_MS = 1_000

/** How much a server does. */
const NOTHING = 0
const READS = 1
const WRITES = 2

/** Replies that another server might not give; `-READONLY` stands within the text where an older script ends in it. */
const REFUSALS = [
  { reply: /^(?:MASTERDOWN|LOADING|CLUSTERDOWN)\b/, left: NOTHING },
  { reply: /^(?:READONLY|UNBLOCKED)\b|-READONLY /, left: READS },
] as const

const listeners = new WeakMap<Redis, (error: Error) => void>()

/** Notices an error that came inside another reply, where ioredis does not see it. */
export function noticeError(client: Redis, error: Error): void {
  listeners.get(client)?.(error)
}

/**
 * Moves the client when a reply says that its server is the wrong one, as after a failover behind one address. It opens
 * another connection to the address, once a second at most. If that leads to a server that does more, it breaks the
 * client's own connection, and the client connects again.
 */
export function leaveWrongServer(client: Redis, duplicate: () => Redis): void {
  let lastAsk = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  const isTooSoon = (): boolean => performance.now() - lastAsk < ASK_INTERVAL_MS

  async function ask(left: number, reason: string): Promise<void> {
    clearTimeout(timer)
    lastAsk = performance.now()
    const { stream } = client
    const found = await ability(duplicate())
    if (client.stream !== stream || client.status !== 'ready') return
    if (found > left) stream.destroy(new Error(`The address of Redis leads to another server now; this one said: ${reason}`))
    else askLater(reason)
  }

  /** Also without further errors: a server that writes rarely should not have to fail again first. */
  function askLater(reason: string): void {
    timer = setTimeout(() => {
      void abilityOf(client).then((left) => {
        if (left < WRITES && client.status === 'ready' && !isTooSoon()) void ask(left, reason)
      })
    }, ASK_INTERVAL_MS).unref()
  }

  function notice(error: Error): void {
    const refusal = REFUSALS.find(({ reply }) => reply.test(error.message))
    if (refusal === undefined || isTooSoon()) return
    void ask(refusal.left, error.message)
  }

  client.on('close', () => clearTimeout(timer))
  listeners.set(client, notice)
  const handle = client.handleReconnection
  client.handleReconnection = (error, item) => {
    notice(error)
    handle.call(client, error, item)
  }
}

/** How much the server does that a new connection leads to. */
async function ability(connection: Redis): Promise<number> {
  connection.on('error', () => undefined) // connecting rejects
  try {
    await connection.connect()
    return await abilityOf(connection)
  } catch {
    return NOTHING
  } finally {
    connection.disconnect()
  }
}

async function abilityOf(connection: Redis): Promise<number> {
  const info = await connection.info().catch(() => '')
  const says = (line: string): boolean => info.includes(`\n${line}`)
  if (!says('loading:0')) return NOTHING
  if (says('cluster_enabled:1') && !(await isClusterUp(connection))) return NOTHING
  if (says('role:master')) return WRITES
  return says('master_link_status:up') ? READS : NOTHING
}

async function isClusterUp(connection: Redis): Promise<boolean> {
  const info = await connection.cluster('INFO').catch(() => '')
  return info.includes('cluster_state:ok')
}
