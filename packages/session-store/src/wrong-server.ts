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
  /** The last look found the client's own server, and it did more than its reply had said. */
  let hasRecovered = false

  const isTooSoon = (): boolean => performance.now() - lastAsk < ASK_INTERVAL_MS

  async function ask(left: number, reason: string): Promise<void> {
    clearTimeout(timer)
    lastAsk = performance.now()
    const { stream } = client
    const [own, found] = await Promise.all([serverOf(client), newServerOf(duplicate())])
    if (client.stream !== stream || client.status !== 'ready') return
    const isBetter = found.ability > left
    const wasRecovered = hasRecovered
    hasRecovered = isBetter && found.runId === own.runId
    // Most often it is in order by now. If its next reply says otherwise, the connection itself is at fault.
    if (hasRecovered && !wasRecovered) return
    if (isBetter) stream.destroy(new Error(`The address of Redis leads to another server now; this one said: ${reason}`))
    else askLater(reason)
  }

  /** Also without further errors: a server that writes rarely should not have to fail again first. */
  function askLater(reason: string): void {
    timer = setTimeout(() => {
      void serverOf(client).then(({ ability }) => {
        if (ability < WRITES && client.status === 'ready' && !isTooSoon()) void ask(ability, reason)
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

interface Server {
  readonly ability: number
  /** Another one after each start of a server. */
  readonly runId: string | undefined
}

/** The server that a new connection leads to. */
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
