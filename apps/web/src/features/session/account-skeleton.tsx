import { useI18n } from '../../i18n/i18n-provider.js'

/** In place of the sections of a page while the session is not known: an empty form would be nobody's. */
export function AccountSkeleton() {
  const { t } = useI18n()
  return (
    <div role="status">
      <span className="sr-only">{t('accountPage.loading')}</span>
      {['w-32', 'w-44'].map((width) => (
        <div key={width} aria-hidden className="mt-6 rounded-2xl border border-line bg-surface p-4 sm:p-6">
          <div className="grid gap-4 motion-safe:animate-pulse">
            <div className={`h-4 rounded-full bg-sunken ${width}`} />
            <div className="h-3 w-64 max-w-full rounded-full bg-sunken" />
            <div className="h-11 rounded-lg bg-sunken" />
          </div>
        </div>
      ))}
    </div>
  )
}
