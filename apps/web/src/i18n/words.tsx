import type { ReactNode } from 'react'
import { useI18n } from './i18n-provider.js'
import type { I18n } from './i18n.js'

/** Words that a component may keep: they are always shown in the language of the page. */
export function words(say: (t: I18n['t'], i18n: I18n) => string): ReactNode {
  return <Words say={say} />
}

function Words({ say }: { say: (t: I18n['t'], i18n: I18n) => string }) {
  const i18n = useI18n()
  return say(i18n.t, i18n)
}
