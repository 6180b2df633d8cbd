import { type Cluster, Command, type Redis } from 'ioredis'
import { isCluster } from './cluster.js'
import { noticeError } from './wrong-server.js'

/**
 * The bytes of one field of a hash.
 *
 * @param node the master of a Cluster to ask, and no other that it might redirect to: then the answer may be MOVED or ASK.
 */
export type LookUp = (key: string, field: string, node?: Redis) => Promise<Buffer | null>

interface Waiting {
  readonly key: string
  readonly field: string
  readonly found: (bytes: Buffer | null) => void
  readonly failed: (error: unknown) => void
}

/** Then they leave without waiting for more, so that Redis looks these up while the next ones are prepared. */
const TOGETHER = 16

/**
 * Looks up together what is asked in one turn of the event loop: most of what a look-up costs is the command of its
 * own that ioredis makes of it. Where no command may ask for keys of several slots, as in a Cluster, they only share
 * a write.
 *
 * @param gather that of the client: two of them would hold its writes back twice
 */
export function lookUps(redis: Redis | Cluster, gather: () => void): LookUp {
  let canAskTogether = !isCluster(redis)
  let waiting: Waiting[] = []

  function ask(key: string, field: string, node?: Redis): Promise<Buffer | null> {
    gather()
    if (node === undefined) return redis.hgetBuffer(key, field)
    const command = new Command('hget', [(redis.options.keyPrefix ?? '') + key, field], { replyEncoding: null })
    return node.sendCommand(command) as Promise<Buffer | null> // what HGET replies
  }

  async function askTogether(asked: readonly Waiting[]): Promise<void> {
    const keys = asked.map(({ key }) => key)
    const fields = asked.map(({ field }) => field)
    const answers = await redis.rollcallLookUpBuffer(asked.length, ...keys, ...fields)
    asked.forEach(({ found, failed }, n) => {
      const answer = answers[n]
      if (answer === null || answer instanceof Buffer) return found(answer)
      const error = answer instanceof Error ? answer : new Error('Redis has left out an answer')
      if (!isCluster(redis)) noticeError(redis, error)
      failed(error)
    })
  }

  function send(): void {
    const asked = waiting
    waiting = []
    const [first] = asked
    if (first === undefined) return
    if (asked.length === 1) return void redis.hgetBuffer(first.key, first.field).then(first.found, first.failed)
    askTogether(asked).catch((error: unknown) => {
      // A node of a Cluster, though the client is none; or a proxy before one.
      const isOfCluster = error instanceof Error && error.message.startsWith('CROSSSLOT')
      if (isOfCluster) canAskTogether = false
      for (const { key, field, found, failed } of asked) {
        if (isOfCluster) ask(key, field).then(found, failed)
        else failed(error)
      }
    })
  }

  return (key, field, node) => {
    if (!canAskTogether || node !== undefined) return ask(key, field, node)
    return new Promise((found, failed) => {
      const number = waiting.push({ key, field, found, failed })
      if (number === 1) setImmediate(send)
      if (number === TOGETHER) send()
    })
  }
}
