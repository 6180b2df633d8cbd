import { createContext, type ReactNode, use, useLayoutEffect, useMemo, useState } from 'react'
import { chosenLanguage, createWords, rememberLanguage, type Words } from './words.js'

interface Speech {
  words: Words
  switchTo: (language: string) => void
}

const SpeechContext = createContext<Speech | null>(null)

/** Provides the page's language, and lets it be changed. */
export function Speech({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(chosenLanguage)
  const speech = useMemo(
    () => ({
      words: createWords(language),
      switchTo(other: string) {
        rememberLanguage(other)
        setLanguage(other)
      },
    }),
    [language],
  )
  useLayoutEffect(() => {
    document.documentElement.lang = language
  }, [language])
  return <SpeechContext value={speech}>{children}</SpeechContext>
}

export function useSpeech(): Speech {
  const speech = use(SpeechContext)
  if (!speech) throw new Error('useSpeech needs <Speech>')
  return speech
}

export function useWords(): Words {
  return useSpeech().words
}
