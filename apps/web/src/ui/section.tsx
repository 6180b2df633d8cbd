import { type ReactNode, useId } from 'react'

interface SectionProps {
  title: string
  means?: string
  /** The heading's, for what else it names. */
  id?: string
  /** As wide as the page, for tables and lists of devices. */
  isWide?: boolean
  children: ReactNode
}

export function Section({ title, means, id, isWide = false, children }: SectionProps) {
  const ownId = useId()
  const headingId = id ?? ownId
  return (
    <section
      aria-labelledby={headingId}
      className={`mt-6 ${isWide ? '' : 'max-w-xl '}rounded-2xl border border-line bg-surface p-4 shadow-card sm:p-6`}
    >
      <h2 id={headingId} className="text-lg font-semibold">
        {title}
      </h2>
      {means !== undefined && <p className="mt-1 text-[0.9375rem] text-pretty text-muted">{means}</p>}
      {children}
    </section>
  )
}
