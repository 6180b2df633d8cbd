import { Languages } from 'lucide-react'
import { useI18n, useSetLanguage } from '../i18n/i18n-provider.js'
import { languageCodes, languageName } from '../i18n/i18n.js'
import { words } from '../i18n/words.js'
import { useToast } from '../ui/toasts.js'

export function LanguageSwitch({ onChoose }: { onChoose?: (language: string) => void }) {
  const { t, language } = useI18n()
  const setLanguage = useSetLanguage()
  const showToast = useToast()
  const choose = async (chosen: string) => {
    try {
      await setLanguage(chosen)
    } catch {
      return showToast(
        words((t) => t('layout.languageFailed')),
        true,
      )
    }
    onChoose?.(chosen)
  }
  return (
    <label className="inline-flex min-h-11 items-center gap-2 text-sm text-muted">
      <Languages aria-hidden className="size-4.5 shrink-0" />
      <span className="sr-only">{t('layout.language')}</span>
      <select
        value={language}
        onChange={({ target }) => void choose(target.value)}
        className="min-h-11 cursor-pointer rounded-lg border border-transparent bg-transparent px-1 hover:border-line hover:text-ink"
      >
        {languageCodes.map((code) => (
          <option key={code} value={code} lang={code}>
            {languageName(code)}
          </option>
        ))}
      </select>
    </label>
  )
}
