import { useI18n } from '../../i18n/i18n-provider.js'

/** As tall as the lines that take its place; how many will come is not known. */
export function ActivitySkeleton() {
  const { t } = useI18n()
  return (
    <div role="status">
      <span className="sr-only">{t('activity.loading')}</span>
      <div aria-hidden className="divide-y divide-line rounded-2xl border border-line bg-surface">
        {['w-44', 'w-64', 'w-52', 'w-48', 'w-60'].map((width) => (
          <div key={width} className="flex gap-3.5 p-4 sm:gap-4 sm:px-5">
            <div className="size-9 shrink-0 rounded-lg bg-sunken" />
            <div className="min-w-0 motion-safe:animate-pulse">
              <div className="flex h-6 items-center">
                <div className={`h-3.5 max-w-full rounded-full bg-sunken ${width}`} />
              </div>
              <div className="mt-0.5 flex h-5 items-center max-sm:h-10">
                <div className="h-2.5 w-36 rounded-full bg-sunken" />
              </div>
            </div>
          </div>
        ))}
      </div>
    </div>
  )
}
