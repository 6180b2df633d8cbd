import { createContext, type ReactNode, use, useLayoutEffect, useMemo, useState } from 'react'
import { createI18n, type I18n, initialLanguage, loadLanguage, storeLanguage } from './i18n.js'

interface I18nState {
  i18n: I18n
  /** Rejects if the language cannot be loaded, and keeps the one that is shown. */
  setLanguage: (language: string) => Promise<void>
}

const I18nContext = createContext<I18nState | null>(null)

/** Provides the page's language, and lets it be changed. */
export function I18nProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(initialLanguage)
  const state = useMemo(
    () => ({
      i18n: createI18n(language),
      async setLanguage(other: string) {
        await loadLanguage(other)
        storeLanguage(other)
        setLanguage(other)
      },
    }),
    [language],
  )
  useLayoutEffect(() => {
    document.documentElement.lang = language
  }, [language])
  return <I18nContext value={state}>{children}</I18nContext>
}

function useI18nState(): I18nState {
  const state = use(I18nContext)
  if (!state) throw new Error('useI18n needs <I18nProvider>')
  return state
}

export function useI18n(): I18n {
  return useI18nState().i18n
}

export function useSetLanguage(): I18nState['setLanguage'] {
  return useI18nState().setLanguage
}
