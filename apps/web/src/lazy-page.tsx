import type { ComponentType, ReactNode } from 'react'
import { loadLaterMessages } from './i18n/i18n.js'

/** A page whose code and words come in files of their own. */
export interface LazyPage {
  /** Loads both, if they are not there yet. */
  load(): Promise<void>
  /** Shows nothing before `load` has resolved. */
  readonly component: () => ReactNode
}

/** @param loadWords the words that the page needs beside those of a first visit */
export function lazyPage(importPage: () => Promise<ComponentType>, loadWords = loadLaterMessages): LazyPage {
  let Page: ComponentType | undefined
  return {
    async load() {
      const [page] = await Promise.all([Page ?? importPage(), loadWords()])
      Page = page
    },
    component: () => Page && <Page />,
  }
}
