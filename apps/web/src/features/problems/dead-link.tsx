import type { ReactNode } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { PageHeading } from '../../ui/page-heading.js'

/** In place of a page whose link works no more. `children`: links that lead on. */
export function DeadLink({ reason, children }: { reason: string; children: ReactNode }) {
  const { t } = useI18n()
  return (
    <>
      <PageHeading title={t('reset.deadTitle')}>{reason}</PageHeading>
      <p className="mt-4 flex flex-wrap gap-x-6">{children}</p>
    </>
  )
}
