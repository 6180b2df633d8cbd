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

export function CrashPage() {
  const { t } = useI18n()
  return (
    <PublicLayoutFrame>
      <PageHeading title={t('lost.crash')}>{t('lost.crashHelp')}</PageHeading>
      <Button look="primary" onClick={() => window.location.reload()} className="mt-6">
        {t('lost.load')}
      </Button>
    </PublicLayoutFrame>
  )
}
