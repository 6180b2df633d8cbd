import { onlineManager } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'

/** `false` where the browser says so. Otherwise it only does not know better. */
export function useOnline(): boolean {
  return useSyncExternalStore(subscribe, () => onlineManager.isOnline())
}

function subscribe(onChange: () => void): () => void {
  return onlineManager.subscribe(onChange)
}
