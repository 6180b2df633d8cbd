import { type ReactNode, useId } from 'react'

export function Section({ title, means, children }: { title: string; means?: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="mt-6 rounded-2xl border border-line bg-surface p-4 shadow-card sm:p-6">
      <h2 id={id} className="text-lg font-semibold">
        {title}
      </h2>
      {means !== undefined && <p className="mt-1 text-[0.9375rem] text-pretty text-muted">{means}</p>}
      {children}
    </section>
  )
}
