import { useLocation, useRouter } from '@tanstack/react-router'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { useMissedAction } from '../features/proof/use-missed-action.js'
import { ResumptionContext } from '../features/proof/use-resumption.js'
import { Message } from '../ui/message.js'

interface Failure {
  readonly message: ReactNode
  /** The session that asked. A failure may name a device of its account. */
  readonly sessionId: string | undefined
  readonly path: string
}

interface ActionProblemProps {
  /** The account that is shown. */
  sessionId: string | undefined
  children: ReactNode
}

/** Why an action failed that went on after a proof at a provider, above the page that went on with it. */
export function ActionProblem({ sessionId, children }: ActionProblemProps) {
  const router = useRouter()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const [failure, setFailure] = useState<Failure | null>(null)
  const resumption = useMemo(
    () => ({
      sessionId,
      path,
      report: (message: ReactNode) => setFailure({ message, sessionId, path: router.latestLocation.pathname }),
      done: () => setFailure(null),
    }),
    [sessionId, path, router],
  )
  useMissedAction(sessionId, path)
  const isHere = failure?.path === path && failure.sessionId === sessionId
  // Left behind: it must not come back with the page. A failure may come before the page that it is for.
  useEffect(() => () => setFailure((now) => (now?.path === path ? null : now)), [path, sessionId])
  return (
    <ResumptionContext value={resumption}>
      {isHere && (
        <Message look="bad" className="mb-6">
          {failure.message}
        </Message>
      )}
      {children}
    </ResumptionContext>
  )
}
