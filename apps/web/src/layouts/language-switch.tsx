import { Languages } from 'lucide-react'
import { useSpeech } from '../words/use-words.js'
import { languageCodes, nameOfLanguage } from '../words/words.js'

export function LanguageSwitch() {
  const { words, switchTo } = useSpeech()
  return (
    <label className="inline-flex min-h-11 items-center gap-2 text-sm text-muted">
      <Languages aria-hidden className="size-4.5 shrink-0" />
      <span className="sr-only">{words.t('layout.language')}</span>
      <select
        value={words.language}
        onChange={({ target }) => switchTo(target.value)}
        className="min-h-11 cursor-pointer rounded-lg border border-transparent bg-transparent px-1 hover:border-line hover:text-ink"
      >
        {languageCodes.map((code) => (
          <option key={code} value={code} lang={code}>
            {nameOfLanguage(code)}
          </option>
        ))}
      </select>
    </label>
  )
}
