import { useRouter } from '@tanstack/react-router'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { PageHeading } from '../../ui/page-heading.js'
import { useGuarded } from '../../ui/use-guarded.js'

/** In place of a page whose link could not be looked up: nobody confirms an address that they cannot see. */
export function UnreadLink({ title }: { title: string }) {
  const { t } = useI18n()
  const router = useRouter()
  const { run, busy } = useGuarded(() => router.invalidate({ sync: true }))
  return (
    <>
      <PageHeading title={title}>{t('confirmEmail.unread')}</PageHeading>
      <Button look="primary" busy={busy} onClick={() => void run()} className="mt-6 w-full">
        {t('common.tryAgain')}
      </Button>
    </>
  )
}
