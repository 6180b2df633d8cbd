import { useLocation, useRouter } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import { ResumptionContext } from '../features/account/use-resumption.js'
import { Message } from '../ui/message.js'

interface ActionProblemProps {
  /** Of the account that is shown. */
  sessionId: string | undefined
  children: ReactNode
}

/** Why an action failed that went on after a proof at a provider, above the page that went on with it. */
export function ActionProblem({ sessionId, children }: ActionProblemProps) {
  const router = useRouter()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const [failure, setFailure] = useState<{ message: string; path: string } | null>(null)
  const resumption = useMemo(
    () => ({
      sessionId,
      report: (message: string) => setFailure({ message, path: router.latestLocation.pathname }),
    }),
    [sessionId, router],
  )
  return (
    <ResumptionContext value={resumption}>
      {failure?.path === path && (
        <Message look="bad" className="mb-6">
          {failure.message}
        </Message>
      )}
      {children}
    </ResumptionContext>
  )
}
