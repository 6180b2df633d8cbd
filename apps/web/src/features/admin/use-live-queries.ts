import { hashKey, type QueryKey, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { hasStatus } from './has-status.js'

/** Milliseconds after which a stream is opened again; by chance up to twice that, so that not all pages come at once. */
const REOPEN_MS = 1_000

/** The role is gone, or what the stream is about. */
const NOT_FOUND = 404

interface Observer {
  /** Data for each of the queries. */
  onData(data: readonly unknown[]): void
  /** With an error while the connection is lost. */
  onConnectionStateChange(state: { readonly error: unknown }): void
  onError(error: unknown): void
  onComplete(): void
}

/**
 * Replaces the data of queries by those of their stream, while the page is visible. When the stream is lost, the queries are fetched
 * again: their answers say why.
 *
 * @param subscribe Opens the stream. For the same queries it must be the same one.
 */
export function useLiveQueries(
  queryKeys: readonly QueryKey[],
  subscribe: (observer: Observer) => { unsubscribe(): void },
): void {
  const queryClient = useQueryClient()
  const open = useEffectEvent(subscribe)
  const fetchAgain = useEffectEvent(() => {
    for (const queryKey of queryKeys) void queryClient.invalidateQueries({ queryKey })
  })
  const show = useEffectEvent(async (data: readonly unknown[]) => {
    for (const [place, queryKey] of queryKeys.entries()) {
      await queryClient.cancelQueries({ queryKey }) // an answer in flight may be older
      queryClient.setQueryData(queryKey, data[place])
    }
  })
  const topic = hashKey(queryKeys)

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
  }, [topic])
}
