import type { Problem } from '@rollcall/react'
import { describe } from '../words/problem.js'
import { useWords } from '../words/use-words.js'
import { Button } from './button.js'
import { Message } from './message.js'

interface ListProblemProps {
  problem: Problem
  /** Said where there is no earlier list to show; otherwise that one may be out of date. */
  notLoaded: string | null
  busy: boolean
  onRetry: () => void
}

/** Why a list could not be read, and that this signed nobody out. */
export function ListProblem({ problem, notLoaded, busy, onRetry }: ListProblemProps) {
  const words = useWords()
  const { t } = words
  return (
    <Message look="bad" className="mb-4">
      <p className="font-semibold">{notLoaded ?? t('common.outOfDate')}</p>
      <p>
        {describe(words, problem)} {t('common.stillSignedIn')}
      </p>
      <Button busy={busy} onClick={onRetry} className="mt-3">
        {t('common.tryAgain')}
      </Button>
    </Message>
  )
}
