import { useEffect, useRef } from 'react'
import { ActivityItem } from '../activity/activity-item.js'
import { ActivitySkeleton } from '../activity/activity-skeleton.js'
import { ShowMore } from '../activity/show-more.js'
import { trpc } from '../trpc.js'
import { ListProblem } from '../ui/list-problem.js'
import { Message } from '../ui/message.js'
import { PageHeading } from '../ui/page-heading.js'
import { PlaceSource } from '../ui/place-source.js'
import { useNow } from '../ui/use-now.js'
import { describe, toProblem } from '../words/problem.js'
import { useWords } from '../words/use-words.js'

export function ActivityPage() {
  const words = useWords()
  const { t } = words
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

  // The button disappears with the last page, and the focus of the person who pressed it with it.
  useEffect(() => {
    if (!list.hasNextPage && pressed.current) end.current?.focus()
    if (!list.isFetchingNextPage) pressed.current = false
  }, [list.hasNextPage, list.isFetchingNextPage])

  return (
    <>
      <PageHeading title={t('activity.title')}>{t('activity.intro')}</PageHeading>
      <div className="mt-6">
        {problem && !refused && !list.isFetchNextPageError && (
          <ListProblem
            problem={problem}
            notLoaded={entries ? null : t('activity.notLoaded')}
            busy={list.isFetching}
            onRetry={() => void list.refetch()}
          />
        )}
        {!entries && (!problem || refused) && <ActivitySkeleton />}
        {entries?.length === 0 && (
          <p className="text-[0.9375rem] text-muted">{t('activity.none')}</p>
        )}
        {entries && entries.length > 0 && (
          <ul
            aria-label={t('activity.list')}
            className="divide-y divide-line rounded-2xl border border-line bg-surface shadow-card"
          >
            {entries.map((entry) => (
              <ActivityItem key={entry.id} entry={entry} now={now} />
            ))}
          </ul>
        )}
        {entries && list.isFetchNextPageError && (
          <Message look="bad" className="mt-4">
            <p className="font-semibold">{t('activity.moreFailed')}</p>
            {problem && <p>{describe(words, problem)}</p>}
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
            {t('activity.all')}
          </p>
        )}
        {entries?.some(({ device, by }) => (by ?? device).place?.kind === 'country') && <PlaceSource />}
      </div>
    </>
  )
}
