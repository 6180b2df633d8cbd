import type { Cluster, Redis } from 'ioredis'
import { isCluster } from './cluster.js'
import { sessionsKey } from './keys.js'
import { decodeDetails, type SessionData } from './record.js'
import { runIdOf } from './run-id.js'
import { duplicateOf } from './supervise.js'
import { userTagOf } from './token.js'

/** The session that ended others, as it may be shown. */
export interface Actor {
  readonly id: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: SessionData
}

/** What happened to a user's sessions. Holds no secret. */
export type SessionChange =
  /** From here on nothing is missed; what happened before is not told: read the list. */
  | { readonly kind: 'live' }
  /** No message comes until the next `live`. */
  | { readonly kind: 'lost' }
  /** `rotated`: a new secret under the same id. `updated`: what the application keeps with it. */
  | { readonly kind: (typeof simple)[number]; readonly id: string }
  | (Ending & { readonly ids: readonly string[] })
  /** All that there were at that moment, but for one; `null`: all. A younger session may receive it too. */
  | (Ending & { readonly allBut: string | null })

interface Ending {
  readonly kind: 'ended'
  /** The operation of the store that ended them; `cap`: a sign-in beyond the most that a user may have. */
  readonly cause: (typeof causes)[number]
  /** `null`: no session asked for it, or it is not known which. */
  readonly by: Actor | null
}

const simple = ['created', 'seen', 'updated', 'rotated'] as const
const causes = ['revoke', 'revoke-others', 'revoke-all', 'credential-change', 'cap'] as const

/**
 * Changes as they happen, on whichever server: each is published inside the atomic step that makes it.
 * Redis delivers a message at most once, so this is a call to look, and what validates decides.
 */
export interface SessionChanges {
  /** Tells `live` once nothing can be missed any more, then every change, until the function that is returned is called. */
  watch(userId: string, listener: (change: SessionChange) => void): () => void
  close(): void
}

export interface SessionChangesOptions {
  /** The client of the store. The one connection that listens is made like it, at the first `watch`. */
  readonly redis: Redis | Cluster
  /** That of the store. */
  readonly keyPrefix?: string
}

type Listener = (change: SessionChange) => void

interface Channel {
  readonly listeners: Set<Listener>
  /** Redis has confirmed the subscription. */
  live: boolean
}

/** In milliseconds: how often a connection that may be idle for hours is asked whether it still is one. */
const PROBE_INTERVAL = 5_000
const FIRST_RETRY = 50
const LAST_RETRY = 500

export function createSessionChanges({ redis, keyPrefix = '' }: SessionChangesOptions): SessionChanges {
  const channels = new Map<string, Channel>()
  let line: Redis | undefined
  let ready = false
  let closed = false
  let retryDelay = FIRST_RETRY
  let timer: NodeJS.Timeout | undefined

  function open(): void {
    // Any node of a Cluster receives what is published on any other.
    const nodes = isCluster(redis) ? redis.nodes() : [redis]
    const node = nodes[Math.floor(Math.random() * nodes.length)]
    if (node === undefined) return retry()
    // Neither waits nor resumes by itself: what was missed in between must be told.
    const own = duplicateOf(node, { lazyConnect: true, autoResubscribe: false, retryStrategy: () => null })
    line = own
    own.on('error', () => undefined) // the end follows
    own.on('message', (name: string, text: string) => tell(name, parse(text)))
    own.once('ready', () => {
      ready = true
      retryDelay = FIRST_RETRY
      if (channels.size > 0) subscribe([...channels.keys()])
    })
    own.once('end', () => {
      ready = false
      clearInterval(probe)
      if (closed) return
      for (const [name, channel] of channels) {
        if (channel.live) tell(name, { kind: 'lost' })
        channel.live = false
      }
      retry()
    })
    const probe = setInterval(() => void own.ping().catch(() => own.disconnect()), PROBE_INTERVAL).unref()
    own.connect().catch(() => undefined)
  }

  /** The client has connected anew. Elsewhere, as after a failover, this line might never be sent what is published there. */
  async function follow(): Promise<void> {
    const own = line
    if (isCluster(redis) || own === undefined || !ready) return
    const isSame = await Promise.all([runIdOf(own), runIdOf(redis)]).then(
      ([ownId, id]) => ownId === id,
      () => false,
    )
    if (!isSame) own.disconnect()
  }
  const followClient = (): void => void follow()
  redis.on('ready', followClient)

  function retry(): void {
    timer = setTimeout(open, retryDelay).unref()
    retryDelay = Math.min(2 * retryDelay, LAST_RETRY)
  }

  function subscribe(names: string[]): void {
    const own = line
    if (own === undefined || !ready) return
    own.subscribe(...names).then(
      () => {
        if (line !== own) return
        for (const name of names) {
          const channel = channels.get(name)
          if (channel === undefined) continue
          channel.live = true
          tell(name, { kind: 'live' })
        }
      },
      () => own.disconnect(),
    )
  }

  function tell(name: string, change: SessionChange): void {
    for (const listener of channels.get(name)?.listeners ?? []) listener(change)
  }

  return {
    watch(userId, listener) {
      const name = sessionsKey(keyPrefix, userTagOf(userId))
      const channel = channels.get(name) ?? { listeners: new Set(), live: false }
      const isNew = channel.listeners.size === 0
      channel.listeners.add(listener)
      channels.set(name, channel)
      if (isNew) subscribe([name])
      else if (channel.live) queueMicrotask(() => channel.listeners.has(listener) && listener({ kind: 'live' }))
      if (line === undefined && !closed) open()

      return () => {
        if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return
        channels.delete(name)
        if (ready) line?.unsubscribe(name).catch(() => undefined)
      }
    },

    close() {
      closed = true
      redis.off('ready', followClient)
      clearTimeout(timer)
      channels.clear()
      line?.disconnect()
    },
  }
}

/** A message that cannot be read, such as one of a later version, still says that something changed. */
function parse(text: string): SessionChange {
  return toChange(text) ?? { kind: 'live' }
}

function toChange(text: string): SessionChange | null {
  const message = parseJson(text)
  if (!isObject(message)) return null
  const { kind, id, ids, allBut, cause, by } = message
  const plain = simple.find((name) => name === kind)
  if (plain !== undefined && typeof id === 'string') return { kind: plain, id }
  const known = causes.find((name) => name === cause)
  if (kind !== 'ended' || known === undefined) return null
  const ended = { kind, cause: known, by: toActor(by) } as const
  if (isListOfText(ids)) return { ...ended, ids }
  return typeof allBut === 'string' || allBut === null ? { ...ended, allBut } : null
}

export function toActor(by: unknown): Actor | null {
  if (!isObject(by) || typeof by['id'] !== 'string' || typeof by['details'] !== 'string') return null
  const details = decodeDetails(by['details'])
  if (details === null) return null
  const { ipAddress, userAgent, data } = details
  return { id: by['id'], ipAddress, userAgent, data }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}
