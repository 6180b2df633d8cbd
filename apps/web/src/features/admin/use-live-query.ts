import { type QueryKey, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { hasStatus } from './has-status.js'

/** Milliseconds after which a stream is opened again; by chance up to twice that, so that not all pages come at once. */
const REOPEN_MS = 1_000

/** The role is gone, or what the stream is about. */
const NOT_FOUND = 404

interface Observer<T> {
  onData(data: T): void
  /** With an error while the connection is lost. */
  onConnectionStateChange(state: { readonly error: unknown }): void
  onError(error: unknown): void
  onComplete(): void
}

/**
 * Replaces the data of a query by those of its stream, while the page is visible. When the stream is lost, the query is fetched
 * again: its answer says why.
 *
 * @param subscribe Opens the stream. It must be the same one at every rendering.
 */
export function useLiveQuery<T>(
  queryKey: QueryKey,
  subscribe: (observer: Observer<T>) => { unsubscribe(): void },
): void {
  const queryClient = useQueryClient()
  const open = useEffectEvent(subscribe)
  const fetchAgain = useEffectEvent(() => void queryClient.invalidateQueries({ queryKey }))
  const show = useEffectEvent(async (data: T) => {
    await queryClient.cancelQueries({ queryKey }) // an answer in flight may be older
    queryClient.setQueryData(queryKey, data)
  })

  useEffect(() => {
    let close = (): void => undefined
    function follow(): void {
      close()
      if (document.hidden) return
      let isClosed = false
      let timer: ReturnType<typeof setTimeout> | undefined
      const openLater = (): void => {
        if (!isClosed) timer = setTimeout(follow, REOPEN_MS * (1 + Math.random()))
      }
      const stream = open({
        onData: (data) => void show(data),
        onConnectionStateChange: ({ error }) => error !== null && fetchAgain(),
        onError(error) {
          fetchAgain()
          if (!hasStatus(error, NOT_FOUND)) openLater()
        },
        onComplete: openLater,
      })
      close = () => {
        isClosed = true
        clearTimeout(timer)
        stream.unsubscribe()
      }
    }
    document.addEventListener('visibilitychange', follow)
    follow()
    return () => {
      document.removeEventListener('visibilitychange', follow)
      close()
    }
  }, [])
}
