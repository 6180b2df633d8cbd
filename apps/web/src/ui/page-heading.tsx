import { type ReactNode, type RefObject, useEffect, useRef } from 'react'

let arrivedBefore = false

interface PageHeadingProps {
  /** Also names the browser tab. */
  title: string
  ref?: RefObject<HTMLHeadingElement | null>
  describedBy?: string | undefined
  children?: ReactNode
}

/** The page's h1. Takes the focus when the page replaces another, as the top of a loaded document would. */
export function PageHeading({ title, ref, describedBy, children }: PageHeadingProps) {
  const own = useRef<HTMLHeadingElement>(null)
  const heading = ref ?? own

  useEffect(() => {
    document.title = `${title} – Rollcall`
  }, [title])

  useEffect(() => {
    if (arrivedBefore) {
      heading.current?.focus({ preventScroll: true })
      window.scrollTo(0, 0)
    }
    arrivedBefore = true
  }, [heading])

  return (
    <div>
      <h1
        ref={heading}
        tabIndex={-1}
        aria-describedby={describedBy}
        className="text-2xl leading-tight font-semibold tracking-tight sm:text-[1.75rem]"
      >
        {title}
      </h1>
      {children && <p className="mt-2 text-pretty text-muted">{children}</p>}
    </div>
  )
}
