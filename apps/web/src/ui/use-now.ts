import { useEffect, useState } from 'react'

const TICK_MS = 30_000

/** The time, renewed often enough for words such as "3 minutes ago" to stay true on an open page. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}
