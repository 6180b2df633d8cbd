import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { I18nProvider } from '../src/i18n/i18n-provider.js'
import { storeLanguage } from '../src/i18n/i18n.js'

/** The text of words on a page in this language. */
export function shown(language: 'de' | 'en', words: ReactNode): string {
  storeLanguage(language)
  const { container, unmount } = render(<I18nProvider>{words}</I18nProvider>)
  const text = container.textContent
  unmount()
  return text
}
