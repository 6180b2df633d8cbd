import { type FocusEvent, type RefObject, useLayoutEffect, useRef } from 'react'

/** Spread over the place. */
interface KeptFocus<Place extends HTMLElement> {
  readonly ref: RefObject<Place | null>
  readonly tabIndex: -1
  readonly onFocus: () => void
  readonly onBlur: (event: FocusEvent) => void
}

/**
 * Keeps the focus in the place of a control. When another control replaces the one with the focus, the new one takes it. If there
 * is none, the place does.
 *
 * @param control names the control that the place has
 */
export function useKeptFocus<Place extends HTMLElement>(control: string): KeptFocus<Place> {
  const ref = useRef<Place>(null)
  const isWithin = useRef(false)

  useLayoutEffect(() => {
    if (!isWithin.current || (document.activeElement ?? document.body) !== document.body) return
    const heir = ref.current?.querySelector('button') ?? ref.current
    heir?.focus({ preventScroll: true })
  }, [control])

  return {
    ref,
    tabIndex: -1,
    onFocus() {
      isWithin.current = true
    },
    onBlur({ relatedTarget }) {
      // Without a target, another window may have taken the focus: it comes back to the same place.
      if (relatedTarget === null ? document.hasFocus() : !ref.current?.contains(relatedTarget)) isWithin.current = false
    },
  }
}
