import { Cluster, type Redis } from 'ioredis'
import { gatherer } from './gather.js'

/** The bytes of one field of a hash. */
export type LookUp = (key: string, field: string) => Promise<Buffer | null>

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
 * own that ioredis makes of it. In a Cluster, where no command may ask for keys of several slots, they only share
 * a write.
 */
export function lookUps(redis: Redis | Cluster): LookUp {
  if (redis instanceof Cluster) {
    const gather = gatherer(redis)
    return (key, field) => {
      gather()
      return redis.hgetBuffer(key, field)
    }
  }
  let waiting: Waiting[] = []

  function send(): void {
    const asked = waiting
    waiting = []
    const [first] = asked
    if (first === undefined) return
    if (asked.length === 1) return void redis.hgetBuffer(first.key, first.field).then(first.found, first.failed)
    const keys = asked.map(({ key }) => key)
    const fields = asked.map(({ field }) => field)
    redis.rollcallLookUpBuffer(asked.length, ...keys, ...fields).then(
      (answers) => {
        asked.forEach(({ found, failed }, n) => {
          const answer = answers[n] ?? null
          if (answer instanceof Error) failed(answer)
          else found(answer)
        })
      },
      (error: unknown) => {
        for (const { failed } of asked) failed(error)
      },
    )
  }

  return (key, field) =>
    new Promise((found, failed) => {
      const number = waiting.push({ key, field, found, failed })
      if (number === 1) setImmediate(send)
      if (number === TOGETHER) send()
    })
}
