import { useEffect, useState } from 'react'
import { onServerTime, serverTime } from '../server-time.js'

const TICK_MS = 30_000

/** The time of the server, renewed often enough for words such as "3 minutes ago" to stay true on an open page. */
export function useNow(): number {
  const [now, setNow] = useState(() => serverTime())
  useEffect(() => {
    const renew = () => setNow(serverTime())
    const timer = setInterval(renew, TICK_MS)
    const unsubscribe = onServerTime(renew)
    return () => {
      clearInterval(timer)
      unsubscribe()
    }
  }, [])
  return now
}
