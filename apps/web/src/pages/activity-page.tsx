import { useEffect, useRef } from 'react'
import { ActivityItem } from '../activity/activity-item.js'
import { ActivitySkeleton } from '../activity/activity-skeleton.js'
import { ShowMore } from '../activity/show-more.js'
import { trpc } from '../trpc.js'
import { Button } from '../ui/button.js'
import { Message } from '../ui/message.js'
import { PageHeading } from '../ui/page-heading.js'
import { useNow } from '../ui/use-now.js'
import { describe, toProblem } from '../words/problem.js'

export function ActivityPage() {
  const now = useNow()
  const list = trpc.activity.list.useInfiniteQuery({}, { getNextPageParam: ({ nextCursor }) => nextCursor })
  const problem = list.isError ? toProblem(list.error) : undefined
  // Refused: the sign-in page is on its way.
  const refused = problem?.kind === 'unauthorized'
  const entries = refused ? undefined : list.data?.pages.flatMap((page) => page.entries)
  const end = useRef<HTMLParagraphElement>(null)
  const pressed = useRef(false)

  const more = () => {
    if (!list.isFetching) void list.fetchNextPage()
  }

  // The button goes with the last page, and with it the focus of whoever pressed it.
  useEffect(() => {
    if (!list.hasNextPage && pressed.current) end.current?.focus()
    if (!list.isFetchingNextPage) pressed.current = false
  }, [list.hasNextPage, list.isFetchingNextPage])

  return (
    <>
      <PageHeading title="Activity">
        What happened to your account. If you do not know one of these, sign that device out and change your password.
      </PageHeading>
      <div className="mt-6">
        {problem && !refused && !list.isFetchNextPageError && (
          <Message look="bad" className="mb-4">
            <p className="font-semibold">
              {entries ? 'This list may be out of date.' : 'Your activity could not be loaded.'}
            </p>
            <p>{describe(problem)} You are still signed in.</p>
            <Button busy={list.isFetching} onClick={() => void list.refetch()} className="mt-3">
              Try again
            </Button>
          </Message>
        )}
        {!entries && (!problem || refused) && <ActivitySkeleton />}
        {entries?.length === 0 && (
          <p className="text-[0.9375rem] text-muted">Nothing has happened in your account lately.</p>
        )}
        {entries && entries.length > 0 && (
          <ul
            aria-label="Activity"
            className="divide-y divide-line rounded-2xl border border-line bg-surface shadow-card"
          >
            {entries.map((entry) => (
              <ActivityItem key={entry.id} entry={entry} now={now} />
            ))}
          </ul>
        )}
        {entries && list.isFetchNextPageError && (
          <Message look="bad" className="mt-4">
            <p className="font-semibold">More could not be loaded.</p>
            {problem && <p>{describe(problem)}</p>}
          </Message>
        )}
        {entries && list.hasNextPage && (
          <div className="mt-5 flex justify-center">
            <ShowMore
              busy={list.isFetchingNextPage}
              onNear={list.isFetchNextPageError ? undefined : more}
              onPress={() => {
                pressed.current = true
                more()
              }}
            />
          </div>
        )}
        {entries && entries.length > 0 && !list.hasNextPage && (
          <p ref={end} tabIndex={-1} className="mt-5 text-center text-sm text-muted">
            That is all. Nothing older is kept.
          </p>
        )}
      </div>
    </>
  )
}
