import type { Problem } from '@rollcall/react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'

interface ListProblemProps {
  problem: Problem
  /** Said where there is no earlier list to show; otherwise that one may be out of date. */
  notLoaded: string | null
  busy: boolean
  onRetry: () => void
}

/** Why a list could not be read, and that this signed nobody out. */
export function ListProblem({ problem, notLoaded, busy, onRetry }: ListProblemProps) {
  const { t } = useI18n()
  return (
    <Message look="bad" className="mb-4">
      <p className="font-semibold">{notLoaded ?? t('common.outOfDate')}</p>
      <p>
        {describeProblem(problem)} {t('common.notSignedOut')}
      </p>
      <Button busy={busy} onClick={onRetry} className="mt-3">
        {t('common.tryAgain')}
      </Button>
    </Message>
  )
}
