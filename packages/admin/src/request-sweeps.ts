import type { SessionOperator } from '@rollcall/session-store'
import type { Operation } from './operation.js'
import type { Step, Work } from './run-operation.js'

/** A sweep looks through all keys, so a long operation asks for one rarely. */
const REQUEST_MS = 10_000

/**
 * Asks for a sweep while the steps of an operation append events, and after the last one. Else these wait in Redis for the next
 * sweep, some minutes, at four kilobytes for each user.
 */
export function requestSweeps(operator: Pick<SessionOperator, 'requestSweep'>, work: Work): Work {
  return {
    ...work,
    steps: (operation, giveUpAfterMs) => {
      const steps = work.steps(operation, giveUpAfterMs)
      return appendsEvents(operation) ? requestBetween(operator, steps) : steps
    },
  }
}

/** An operation on everybody appends none. */
function appendsEvents({ action, filter }: Operation): boolean {
  return action !== 'revoke' || filter !== null
}

async function* requestBetween(
  operator: Pick<SessionOperator, 'requestSweep'>,
  steps: AsyncIterable<Step>,
): AsyncGenerator<Step, void> {
  let requestedAt = performance.now()
  let areWaiting = false
  // Without an answer, the events wait for the next sweep.
  const request = async (): Promise<void> => {
    areWaiting = false
    requestedAt = performance.now()
    await operator.requestSweep().catch(() => undefined)
  }
  try {
    for await (const step of steps) {
      areWaiting ||= step.revoked > 0
      if (areWaiting && performance.now() - requestedAt >= REQUEST_MS) await request()
      yield step
    }
  } finally {
    if (areWaiting) await request()
  }
}
