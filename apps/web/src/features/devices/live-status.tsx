import { useI18n } from '../../i18n/i18n-provider.js'
import type { ListTime } from './use-list-time.js'

/** Quiet: it is there to be found, and announces nothing. As large before the state is known as after. */
export function LiveStatus({ live, time: { now, asOf } }: { live: boolean | null; time: ListTime }) {
  const { t, shortTime } = useI18n()
  return (
    <p className={`mt-3 flex min-h-5 items-center gap-2 text-sm text-muted ${live === null ? 'invisible' : ''}`}>
      <span
        aria-hidden
        className={`size-2 shrink-0 rounded-full border ${live ? 'border-accent bg-accent forced-colors:bg-[CanvasText]' : 'border-current'}`}
      />
      {live === false
        ? t('devices.notLive', { when: shortTime(new Date(asOf).toISOString(), now) })
        : t('devices.live')}
      {live && <span className="sr-only">{t('devices.liveMeans')}</span>}
    </p>
  )
}
