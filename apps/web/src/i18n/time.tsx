import type { ReactNode } from 'react'
import { useI18n } from './i18n-provider.js'

/** A time in easy words; the exact one on hover, and in the text for those who cannot hover. */
export function Time({ value, children }: { value: string; children: ReactNode }) {
  const exact = useI18n().exactTime(value)
  return (
    <time dateTime={value} title={exact}>
      {children}
      <span className="sr-only"> ({exact})</span>
    </time>
  )
}

/** For a time that stands within a message. */
export function renderTime(value: string) {
  return (text: ReactNode) => <Time value={value}>{text}</Time>
}
