import { type ReactNode, useId } from 'react'

interface SectionProps {
  title: string
  means?: string
  /** How things are, before what can be done. `null`: not known yet, its place is kept. Default: nothing. */
  state?: string | null
  /** Whether what can be done here cannot be undone. Default: false. */
  isDangerous?: boolean
  /** The heading's, for what else it names. */
  id?: string
  children: ReactNode
}

export function Section({ title, means, state, isDangerous = false, id, children }: SectionProps) {
  const ownId = useId()
  const headingId = id ?? ownId
  return (
    <section
      aria-labelledby={headingId}
      className={`mt-6 rounded-2xl border ${isDangerous ? 'border-danger-line' : 'border-line'} bg-surface p-4 shadow-card sm:p-6`}
    >
      <h2 id={headingId} className="text-lg font-semibold">
        {title}
      </h2>
      {state !== undefined && <p className="mt-1 min-h-6 font-medium">{state}</p>}
      {means !== undefined && <p className="mt-1 text-[0.9375rem] text-pretty text-muted">{means}</p>}
      {children}
    </section>
  )
}
