import { useI18n } from '../i18n/i18n-provider.js'

/** Moves the focus by itself: following the fragment would make it a page of the router's history. */
export function SkipLink() {
  const { t } = useI18n()
  return (
    <a
      href="#main"
      onClick={(event) => {
        event.preventDefault()
        document.getElementById('main')?.focus()
      }}
      className="sr-only rounded-lg bg-accent font-medium text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-50 focus:px-4 focus:py-3"
    >
      {t('layout.skip')}
    </a>
  )
}
