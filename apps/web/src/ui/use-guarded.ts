import { useRef, useState } from 'react'

/**
 * Runs one call of `work` at a time. The ref decides and not the state, because a second press
 * can arrive before React has shown the first.
 */
export function useGuarded<Args extends unknown[]>(work: (...args: Args) => Promise<void>) {
  const running = useRef(false)
  const [busy, setBusy] = useState(false)

  const run = async (...args: Args) => {
    if (running.current) return
    running.current = true
    setBusy(true)
    try {
      await work(...args)
    } finally {
      running.current = false
      setBusy(false)
    }
  }

  return { run, busy }
}
