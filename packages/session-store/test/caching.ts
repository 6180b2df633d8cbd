import type { PrivateNode } from '@rollcall/dev-redis'
import type { SessionStore } from '../src/index.js'
import { askNode } from './nodes.js'
import { answer, until } from './retry.js'

// Conditions on a store with a near-cache.

/** How often these nodes were asked for a session. */
async function hgets(nodes: readonly PrivateNode[]): Promise<number> {
  const infos = await Promise.all(
    nodes.map((node) => askNode(node, (client) => client.info('commandstats')).catch(() => '')),
  )
  return infos.reduce((sum, info) => sum + Number(/cmdstat_hget:calls=(\d+)/.exec(info)?.[1] ?? 0), 0)
}

/** Resolves when a store lets a token pass without asking any of these nodes. */
export async function remembers(nodes: readonly PrivateNode[], store: SessionStore, token: string): Promise<void> {
  await until('the session is remembered', async () => {
    const before = await hgets(nodes)
    const session = await answer(() => store.validate(token))
    if (session === null) throw new Error('The session does not pass')
    return (await hgets(nodes)) === before
  })
}

export async function refuses(store: SessionStore, token: string): Promise<void> {
  await until('the session is refused', async () => (await answer(() => store.validate(token))) === null)
}

/** Asks until the token is refused, whatever outage there is, and answers when the last call began that passed. */
export async function lastPass(store: SessionStore, token: string): Promise<number> {
  let last = Number.NEGATIVE_INFINITY
  await until('the session is refused', async () => {
    const began = performance.now()
    const session = await store.validate(token).catch(() => undefined)
    if (session) last = began
    return session === null
  })
  return last
}
