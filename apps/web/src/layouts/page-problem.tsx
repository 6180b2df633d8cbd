import { useLocation, useRouter } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'
import { useI18n } from '../i18n/i18n-provider.js'
import { describeProblem } from '../i18n/problem.js'
import { Message } from '../ui/message.js'

/** Why the page that was asked for did not take the place of this one. */
export function PageProblem() {
  const i18n = useI18n()
  const { pages } = useRouter().options.context
  const failure = useSyncExternalStore(pages.subscribe, pages.failure)
  const path = useLocation({ select: ({ pathname }) => pathname })
  if (failure?.path !== path) return null
  return (
    <Message look="bad" className="mb-6">
      <p className="font-semibold">{i18n.t('lost.notOpened')}</p>
      <p>{describeProblem(failure.problem)}</p>
    </Message>
  )
}
