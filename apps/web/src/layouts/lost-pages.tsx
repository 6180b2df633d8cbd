import { useI18n } from '../i18n/i18n-provider.js'
import { Button } from '../ui/button.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { PublicLayoutFrame } from './public-layout.js'

export function NotFoundPage() {
  const { t } = useI18n()
  return (
    <PublicLayoutFrame>
      <PageHeading title={t('lost.notFound')}>{t('lost.nothingHere')}</PageHeading>
      <p className="mt-6">
        <TextLink to="/">{t('lost.home')}</TextLink>
      </p>
    </PublicLayoutFrame>
  )
}

/** In place of a layout that could not be shown. */
export function CrashPage() {
  return (
    <PublicLayoutFrame>
      <CrashMessage />
    </PublicLayoutFrame>
  )
}

/** In place of a page that could not be shown, within the layout around it. */
export function CrashMessage() {
  const { t } = useI18n()
  return (
    <>
      <PageHeading title={t('lost.crash')}>{t('lost.crashHelp')}</PageHeading>
      <Button look="primary" onClick={() => window.location.reload()} className="mt-6">
        {t('lost.load')}
      </Button>
    </>
  )
}
