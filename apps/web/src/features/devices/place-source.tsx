import { useI18n } from '../../i18n/i18n-provider.js'

/** The licence of the places asks for the link on each page that shows some. */
export function PlaceSource() {
  const { t } = useI18n()
  return (
    <p className="mt-8 text-sm text-muted">
      {t('devices.guess')} <ExternalLink href="https://db-ip.com/">IP Geolocation by DB-IP</ExternalLink>,{' '}
      <ExternalLink href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</ExternalLink>.
    </p>
  )
}

function ExternalLink({ href, children }: { href: string; children: string }) {
  return (
    <a href={href} className="rounded py-1 underline decoration-1 underline-offset-4 hover:text-ink">
      {children}
    </a>
  )
}
