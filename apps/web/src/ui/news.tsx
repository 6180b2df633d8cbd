import type { ReactNode, RefObject } from 'react'
import { Message } from './message.js'

interface NewsProps {
  ref: RefObject<HTMLDivElement | null>
  /** `null`: nothing has happened yet. */
  children: ReactNode
}

/** Says what was done. It can take the focus from what is no longer there. */
export function News({ ref, children }: NewsProps) {
  return (
    <div ref={ref} tabIndex={-1}>
      {children !== null && (
        <Message look="good" className="mt-4">
          {children}
        </Message>
      )}
    </div>
  )
}
