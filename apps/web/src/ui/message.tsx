import { CircleAlert, CircleCheck, Info } from 'lucide-react'
import type { ReactNode } from 'react'

const looks = {
  info: { box: 'border-line bg-surface', icon: <Info aria-hidden className="mt-0.5 size-5 shrink-0 text-accent" /> },
  good: {
    box: 'border-transparent bg-accent-soft',
    icon: <CircleCheck aria-hidden className="mt-0.5 size-5 shrink-0 text-accent" />,
  },
  bad: {
    box: 'border-danger-line bg-danger-soft',
    icon: <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-danger" />,
  },
}

interface MessageProps {
  look: keyof typeof looks
  id?: string
  className?: string
  children: ReactNode
}

/** A message within the page. Bad news interrupts a screen reader, other news waits for a pause. */
export function Message({ look, id, className = '', children }: MessageProps) {
  return (
    <div
      id={id}
      role={look === 'bad' ? 'alert' : 'status'}
      className={`flex gap-3 rounded-lg border p-3 text-[0.9375rem] sm:p-4 ${looks[look].box} ${className}`}
    >
      {looks[look].icon}
      <div className="min-w-0 flex-1 text-pretty">{children}</div>
    </div>
  )
}
