import { type FocusEvent, type RefObject, useEffectEvent, useLayoutEffect, useRef } from 'react'

/** Spread over the list. */
interface RowFocus<List extends HTMLElement> {
  readonly ref: RefObject<List | null>
  readonly onFocus: (event: FocusEvent) => void
  readonly onBlur: (event: FocusEvent) => void
}

interface RowFocusOptions<Row> {
  /** In the order of the page. The element of each has the attribute `data-row` and can take the focus. */
  readonly rows: readonly Row[]
  /** Takes the focus when no row is left. */
  readonly fallback?: RefObject<HTMLElement | null>
  /** Called with a row that had the focus within and is gone. */
  readonly onGone?: (row: Row) => void
}

/**
 * Keeps a person's place in a list. When the row that contains the focus disappears, the next one takes the focus, or else the
 * one before it. The page scrolls no further than that needs.
 */
export function useRowFocus<List extends HTMLElement, Row extends { readonly id: string }>({
  rows,
  fallback,
  onGone,
}: RowFocusOptions<Row>): RowFocus<List> {
  const ref = useRef<List>(null)
  const focused = useRef<string | null>(null)
  const shown = useRef(rows)
  const reportGone = useEffectEvent((row: Row) => onGone?.(row))

  useLayoutEffect(() => {
    const before = shown.current
    shown.current = rows
    const at = before.findIndex(({ id }) => id === focused.current)
    const gone = before[at]
    const isShown = (row: Row): boolean => rows.some(({ id }) => id === row.id)
    if (gone === undefined || isShown(gone)) return
    focused.current = null
    reportGone(gone)
    if (document.activeElement !== document.body && document.activeElement !== null) return
    const heir = [...before.slice(at + 1), ...before.slice(0, at).toReversed()].find(isShown)
    const row = heir && ref.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(heir.id)}"]`)
    if (row) {
      row.focus({ preventScroll: true })
      row.scrollIntoView({ block: 'nearest' })
    } else fallback?.current?.focus({ preventScroll: true })
  }, [rows, fallback])

  return {
    ref,
    onFocus({ target }) {
      focused.current = target.closest<HTMLElement>('[data-row]')?.dataset['row'] ?? null
    },
    onBlur({ relatedTarget }) {
      // Without a target, another window may have taken the focus: it comes back to the same place.
      if (relatedTarget === null ? document.hasFocus() : !ref.current?.contains(relatedTarget)) focused.current = null
    },
  }
}
