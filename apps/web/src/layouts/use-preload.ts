import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { Layout } from '../page-opener.js'

/** Milliseconds that a first visit has to itself. */
const PRELOAD_AFTER_MS = 2_000

/** Loads the code of the other pages of a layout once the browser is idle: then they open offline, too. */
export function usePreload(layout: Layout): void {
  const { pages } = useRouter().options.context
  useEffect(() => {
    const preload = (): void => pages.preload(layout)
    // Safari has no idle callbacks.
    const timer = setTimeout(
      () => ('requestIdleCallback' in window ? window.requestIdleCallback(preload) : preload()),
      PRELOAD_AFTER_MS,
    )
    return () => clearTimeout(timer)
  }, [pages, layout])
}
