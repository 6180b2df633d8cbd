import { type ReactNode, useId } from 'react'

interface SectionProps {
  title: string
  means?: string
  /** The heading's, for what else it names. */
  id?: string
  children: ReactNode
}

export function Section({ title, means, id, children }: SectionProps) {
  const ownId = useId()
  const headingId = id ?? ownId
  return (
    <section
      aria-labelledby={headingId}
      className="mt-6 rounded-2xl border border-line bg-surface p-4 shadow-card sm:p-6"
    >
      <h2 id={headingId} className="text-lg font-semibold">
        {title}
      </h2>
      {means !== undefined && <p className="mt-1 text-[0.9375rem] text-pretty text-muted">{means}</p>}
      {children}
    </section>
  )
}
