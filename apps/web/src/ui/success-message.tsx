import type { ReactNode, RefObject } from 'react'
import { Message } from './message.js'

interface SuccessMessageProps {
  ref: RefObject<HTMLDivElement | null>
  /** `null`: nothing has happened yet. */
  children: ReactNode
}

/** Says what was done. It can take the focus from what is no longer there. */
export function SuccessMessage({ ref, children }: SuccessMessageProps) {
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
