import { useState } from 'react'
import { serverTime } from '../../server-time.js'
import { useNow } from '../../ui/use-now.js'

export interface ListTime {
  readonly now: number
  /** The list was right then: what was used later is not known. */
  readonly asOf: number
}

/** @param updatedAt when the list was read (ms), by the clock of the reader */
export function useListTime(isLive: boolean, updatedAt: number): ListTime {
  const now = useNow()
  const [liveUntil, setLiveUntil] = useState(0)
  if (isLive && liveUntil !== now) setLiveUntil(now)
  return { now, asOf: isLive ? now : Math.max(liveUntil, serverTime(updatedAt)) }
}
