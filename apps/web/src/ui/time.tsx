import type { ReactNode } from 'react'
import { useWords } from '../words/use-words.js'

/** A time in easy words; the exact one on hover, and in the text for those who cannot hover. */
export function Time({ value, children }: { value: string; children: ReactNode }) {
  const exact = useWords().exactTime(value)
  return (
    <time dateTime={value} title={exact}>
      {children}
      <span className="sr-only"> ({exact})</span>
    </time>
  )
}

/** For a time that stands within a message. */
export function asTime(value: string) {
  return (words: ReactNode) => <Time value={value}>{words}</Time>
}
