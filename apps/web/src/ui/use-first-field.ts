import { type RefObject, useEffect, useRef } from 'react'

/** For the `ref` of a form that opens: its first field takes the focus, with its text selected. */
export function useFirstField(): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    const input = form.current?.querySelector('input')
    input?.focus() // only Chromium does that when it selects
    input?.select()
  }, [])
  return form
}
