import type { Redis } from 'ioredis'

/** Between two connections that probe the address. */
const PROBE_INTERVAL_MS = 1_000

/** The abilities of a server, in ascending order. */
const NOTHING = 0
const READS = 1
const WRITES = 2

/** Replies that another server might not give. Older servers put `-READONLY` inside the text if a script fails with it. */
const REFUSALS = [
  { reply: /^(?:MASTERDOWN|LOADING|CLUSTERDOWN)\b/, ability: NOTHING },
  { reply: /^(?:READONLY|UNBLOCKED)\b|-READONLY /, ability: READS },
] as const

const listeners = new WeakMap<Redis, (error: Error) => void>()

/** Reports an error that was inside another reply, where ioredis does not see it. */
export function reportError(client: Redis, error: Error): void {
  listeners.get(client)?.(error)
}

/**
 * Moves the client when a reply says that its server is the wrong one, as after a failover behind one address. It probes the
 * address with another connection, at most once a second. If that leads to a server with more abilities, it breaks the
 * client's connection, and the client reconnects.
 */
export function leaveWrongServer(client: Redis, duplicate: () => Redis): void {
  let lastProbe = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  /** The last probe found the client's own server, with more abilities than its reply had said. */
  let hasRecovered = false

  const isTooSoon = (): boolean => performance.now() - lastProbe < PROBE_INTERVAL_MS

  async function probe(ability: number, reason: string): Promise<void> {
    clearTimeout(timer)
    lastProbe = performance.now()
    const { stream } = client
    const [own, found] = await Promise.all([serverOf(client), newServerOf(duplicate())])
    if (client.stream !== stream || client.status !== 'ready') return
    const isBetter = found.ability > ability
    const wasRecovered = hasRecovered
    hasRecovered = isBetter && found.runId === own.runId
    // Usually the server has recovered. If its next reply says otherwise, the connection itself is at fault.
    if (hasRecovered && !wasRecovered) return
    if (isBetter)
      stream.destroy(new Error(`The address of Redis leads to another server now; this one said: ${reason}`))
    else probeLater(reason)
  }

  /** Does not wait for another error: a server that writes rarely should not have to fail again first. */
  function probeLater(reason: string): void {
    timer = setTimeout(() => {
      void serverOf(client).then(({ ability }) => {
        if (ability < WRITES && client.status === 'ready' && !isTooSoon()) void probe(ability, reason)
      })
    }, PROBE_INTERVAL_MS).unref()
  }

  function check(error: Error): void {
    const refusal = REFUSALS.find(({ reply }) => reply.test(error.message))
    if (refusal === undefined || isTooSoon()) return
    void probe(refusal.ability, error.message)
  }

  client.on('close', () => clearTimeout(timer))
  listeners.set(client, check)
  const handle = client.handleReconnection
  client.handleReconnection = (error, item) => {
    check(error)
    handle.call(client, error, item)
  }
}

interface Server {
  readonly ability: number
  /** A server has another one after each start. */
  readonly runId: string | undefined
}

/** The server at the address: that of a new connection. */
async function newServerOf(connection: Redis): Promise<Server> {
  connection.on('error', () => undefined) // connecting rejects
  try {
    await connection.connect()
    return await serverOf(connection)
  } catch {
    return { ability: NOTHING, runId: undefined }
  } finally {
    connection.disconnect()
  }
}

async function serverOf(connection: Redis): Promise<Server> {
  const info = await connection.info().catch(() => '')
  return { ability: await abilityOf(connection, info), runId: /^run_id:(\w+)/m.exec(info)?.[1] }
}

async function abilityOf(connection: Redis, info: string): Promise<number> {
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
