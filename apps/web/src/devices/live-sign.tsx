import { useWords } from '../words/use-words.js'

/** Quiet: it is there to be found, and announces nothing. As large before the state is known as after. */
export function LiveSign({ live }: { live: boolean | null }) {
  const { t } = useWords()
  return (
    <p className={`mt-3 flex min-h-5 items-center gap-2 text-sm text-muted ${live === null ? 'invisible' : ''}`}>
      <span aria-hidden className={`size-2 rounded-full ${live ? 'bg-accent' : 'border border-current'}`} />
      {live === false ? t('devices.notLive') : t('devices.live')}
      {live && <span className="sr-only">{t('devices.liveMeans')}</span>}
    </p>
  )
}
