import { useQueryClient } from '@tanstack/react-query'
import { toProblem } from '../api/problem.js'
import { useI18n } from '../i18n/i18n-provider.js'
import { describeProblem } from '../i18n/problem.js'
import { Button } from '../ui/button.js'
import { Message } from '../ui/message.js'
import { PageHeading } from '../ui/page-heading.js'

/** In place of an account page, while not even the account can be read. */
export function OutagePage({ error, retrying }: { error: unknown; retrying: boolean }) {
  const { t } = useI18n()
  const queryClient = useQueryClient()
  return (
    <>
      <PageHeading title={t('lost.outage')} />
      <Message look="bad" className="mt-6">
        <p className="font-semibold">{describeProblem(toProblem(error))}</p>
        <p>{t('common.notSignedOut')}</p>
      </Message>
      <Button look="primary" busy={retrying} onClick={() => void queryClient.invalidateQueries()} className="mt-6">
        {t('common.tryAgain')}
      </Button>
    </>
  )
}
