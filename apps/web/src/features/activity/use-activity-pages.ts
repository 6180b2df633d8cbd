import { focusManager, type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import type { ActivityPage } from '../../api/trpc.js'

type Cursor = ActivityPage['nextCursor']

/**
 * The events of an account, page by page. When a person comes back to the window, the newest page is read. All that were shown are
 * read again only if that one has changed, or cannot be read.
 */
export function useActivityPages(queryKey: QueryKey, read: (cursor: Cursor) => Promise<ActivityPage>) {
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: null as Cursor, // else null is its only type
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchOnWindowFocus: false,
  })

  const check = useEffectEvent(async () => {
    if (list.isFetching) return
    const pages = list.data?.pages ?? []
    const newest = pages.length > 1 ? await read(null).catch(() => null) : null
    if (newest === null || JSON.stringify(newest) !== JSON.stringify(pages[0])) await list.refetch()
  })
  useEffect(() => focusManager.subscribe((isFocused) => void (isFocused && check())), [])

  return list
}
