import { expect } from 'vitest'
import { NotReplicatedError, type SessionStore } from '../src/index.js'
import { until } from './retry.js'

export async function signIn(store: SessionStore, userId: string) {
  const created = await store.create({ userId })
  if (created === null) throw new Error('The sign-in was refused')
  return created
}

/** Repeats a revocation that no replica acknowledged in time, as on a busy machine. */
export async function retryUntilReplicated(end: () => Promise<unknown>): Promise<void> {
  await end().catch(async (error: unknown) => {
    if (!(error instanceof NotReplicatedError)) throw error
    await retryUntilReplicated(end)
  })
}

/** The only user of one server, whose sessions come and go; all of it was acknowledged. */
export class Load {
  readonly live = new Map<string, string>()
  readonly ended = new Set<string>()
  rounds = 0

  constructor(
    readonly store: SessionStore,
    readonly userId: string,
  ) {}

  async run(isOver: () => boolean): Promise<void> {
    const { store, userId, live } = this
    for (; !isOver(); this.rounds += 1) {
      const { token, session } = await signIn(store, userId)
      live.set(token, session.id)
      const [[oldest, oldestId] = [token, session.id]] = live
      expect(await store.validate(oldest)).toMatchObject({ id: oldestId })
      if (live.size > 4) {
        await retryUntilReplicated(() => store.revokeOthers(token))
        this.#end(...[...live.keys()].filter((other) => other !== token))
      } else if (this.rounds % 2 === 1) {
        await retryUntilReplicated(() => store.revoke(userId, oldestId))
        this.#end(oldest)
      }
    }
  }

  /** Resolves when the server has gone on for a while. */
  async goesOn(): Promise<void> {
    const from = this.rounds
    await until('the server goes on', async () => this.rounds > from + 3)
  }

  #end(...tokens: string[]): void {
    for (const token of tokens) {
      this.live.delete(token)
      this.ended.add(token)
    }
  }
}
