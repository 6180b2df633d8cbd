import { createContext, type ReactNode, use, useEffect, useEffectEvent } from 'react'
import { describeProblem } from '../../i18n/problem.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { type PendingAction, type PendingActions, takePendingAction } from '../session/pending-action.js'

interface Resumption {
  /** The account that is shown. */
  readonly sessionId: string | undefined
  readonly path: string
  /** Called with why an action failed after its proof. */
  readonly report: (message: ReactNode) => void
  /** Called when an action was done after all. */
  readonly done: () => void
}

export const ResumptionContext = createContext<Resumption>({
  sessionId: undefined,
  path: '',
  report: () => undefined,
  done: () => undefined,
})

/** To be called when an action was done without a way over a provider: why an earlier try failed is no longer shown. */
export function useActionDone(): () => void {
  return use(ResumptionContext).done
}

type Handlers = { readonly [Name in keyof PendingActions]?: (input: PendingActions[Name]) => Promise<Outcome> }

/**
 * Goes on with an action that was proved at a provider, once.
 *
 * @param handlers of the actions that this component can go on with
 */
export function useResumption(handlers: Handlers): void {
  const { sessionId, path, report } = use(ResumptionContext)
  const resume = useEffectEvent(async (id: string) => {
    const action = takePendingAction(id, path, (name) => name in handlers)
    if (action === null) return
    // The cast: the compiler does not see that this handler is for this input.
    const handler = handlers[action.name] as (input: PendingAction['input']) => Promise<Outcome>
    const outcome = await handler(action.input)
    if (outcome.kind === 'failed') report(outcome.message)
    if (outcome.kind === 'proof-needed') report(describeProblem(outcome))
  })
  useEffect(() => {
    if (sessionId !== undefined) void resume(sessionId)
  }, [sessionId])
}
