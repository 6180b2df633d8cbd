import type { Clock, SessionEvents } from '@rollcall/session-store'
import type { ActivityMover } from './activity-mover.js'
import { SWEEP_MS } from './sweep.js'

/** How soon a server notices that an operation asks for a sweep. */
export const REQUESTED_SWEEP_MS = 5_000

interface SweepOptions {
  readonly events: SessionEvents
  readonly mover: Pick<ActivityMover, 'move' | 'isFull' | 'waitForRoom'>
  readonly clock: Clock
}

/** @returns Whether it was due. */
type EventSweep = (signal: AbortSignal) => Promise<boolean>

/** Finds the users whose events wait in Redis, and moves these. Servers take turns, and go on while operations ask for it. */
export function createEventSweep({ events, mover, clock }: SweepOptions): EventSweep {
  let sweptAt: number | undefined

  /** @returns Whether an operation has asked for another sweep since this one began. */
  async function sweep(signal: AbortSignal, hasLease: boolean): Promise<boolean> {
    let isRequested = false
    const renew = async (): Promise<void> => {
      if (!hasLease || (await events.renewSweepLease(SWEEP_MS).catch(() => true))) return
      isRequested = true
      await events.acquireSweepLease(SWEEP_MS)
    }
    for await (const userTag of events.pendingUsers()) {
      mover.move(userTag)
      if (mover.isFull()) {
        await mover.waitForRoom(signal)
        await renew()
      }
      if (signal.aborted) return false
    }
    await renew()
    return isRequested
  }

  return async (signal) => {
    const isFirst = sweptAt === undefined // of what this server left behind itself, whoever has the lease
    const isLate = sweptAt === undefined || clock() - sweptAt >= SWEEP_MS
    // A Redis that is too full to grant the lease has room made by each.
    const hasLease = await events.acquireSweepLease(SWEEP_MS).catch(() => isLate)
    if (!isFirst && !hasLease) return false
    sweptAt = clock()
    while (await sweep(signal, hasLease));
    return true
  }
}
