import { trpc } from '../trpc.js'
import { Button } from '../ui/button.js'
import { Message } from '../ui/message.js'
import { PageHeading } from '../ui/page-heading.js'
import { describe, toProblem } from '../words/problem.js'
import { useWords } from '../words/use-words.js'

/** In place of an account page, while not even the account can be read. */
export function OutagePage({ error, retrying }: { error: unknown; retrying: boolean }) {
  const words = useWords()
  const { t } = words
  const utils = trpc.useUtils()
  return (
    <>
      <PageHeading title={t('lost.outage')} />
      <Message look="bad" className="mt-6">
        <p className="font-semibold">{describe(words, toProblem(error))}</p>
        <p>{t('lost.notSignedOut')}</p>
      </Message>
      <Button look="primary" busy={retrying} onClick={() => void utils.invalidate()} className="mt-6">
        {t('common.tryAgain')}
      </Button>
    </>
  )
}
