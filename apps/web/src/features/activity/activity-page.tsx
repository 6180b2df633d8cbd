import { type Problem, useDevices } from '@rollcall/react'
import { useEffect, useRef, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { type ActivityEntry, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { Message } from '../../ui/message.js'
import { PageHeading } from '../../ui/page-heading.js'
import { useNow } from '../../ui/use-now.js'
import { PlaceSource } from '../devices/place-source.js'
import { ListProblem } from '../problems/list-problem.js'
import { useResumption } from '../proof/use-resumption.js'
import { useNotMe } from '../recognition/use-answers.js'
import { ActivityFilter } from './activity-filter.js'
import { ActivityItem } from './activity-item.js'
import { activityKey } from '../../api/activity-key.js'
import { ActivitySkeleton } from './activity-skeleton.js'
import type { KindFilter } from './kind-filter.js'
import { ShowMore } from './show-more.js'
import { useActivityPages } from './use-activity-pages.js'
import { withDays } from './with-days.js'

export function ActivityPage() {
  const { t } = useI18n()
  const now = useNow()
  const [filter, setFilter] = useState<KindFilter>('all')
  const list = useActivity(filter)
  const problem = list.isError ? toProblem(list.error) : undefined
  // Refused: the sign-in page is on its way.
  const refused = problem?.kind === 'unauthorized'
  const entries = refused ? undefined : list.data?.pages.flatMap((page) => page.entries)
  /** Nothing has come yet, so it is not known whether somebody is signed in. */
  const isFirst = list.isPending && filter === 'all'
  useNotMeAfterProof()
  const { end, press } = useFocusAtEnd(list)

  const more = () => {
    if (!list.isFetching) void list.fetchNextPage()
  }

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
        {/* It has its place before the session is known: what follows must not move. */}
        <div className={isFirst || refused ? 'invisible' : ''}>
          <ActivityFilter filter={filter} onChange={setFilter} />
        </div>
        {!entries && (!problem || refused) && <ActivitySkeleton />}
        {entries?.length === 0 && (
          <p className="text-[0.9375rem] text-muted">
            {filter === 'all' ? t('activity.none') : t('activity.noneOfKind')}
          </p>
        )}
        {entries && entries.length > 0 && <ActivityList entries={entries} now={now} />}
        {entries && list.isFetchNextPageError && <NextPageProblem problem={problem} />}
        {entries && list.hasNextPage && (
          <div className="mt-5 flex justify-center">
            <ShowMore
              busy={list.isFetchingNextPage}
              onNear={list.isFetchNextPageError ? undefined : more}
              onPress={() => {
                press()
                more()
              }}
            />
          </div>
        )}
        {entries && entries.length > 0 && !list.hasNextPage && (
          <p ref={end} tabIndex={-1} className="mt-5 text-center text-sm text-muted">
            {t(filter === 'all' ? 'activity.all' : 'activity.allOfKind')}
          </p>
        )}
        {entries?.some(({ device, by }) => (by ?? device).place?.kind === 'country') && <PlaceSource />}
      </div>
    </>
  )
}

/** The button disappears with the last page, and the focus of the person who pressed it with it. */
function useFocusAtEnd({ hasNextPage, isFetchingNextPage }: ReturnType<typeof useActivity>) {
  const end = useRef<HTMLParagraphElement>(null)
  const pressed = useRef(false)
  useEffect(() => {
    if (!hasNextPage && pressed.current) end.current?.focus()
    if (!isFetchingNextPage) pressed.current = false
  }, [hasNextPage, isFetchingNextPage])
  const press = () => {
    pressed.current = true
  }
  return { end, press }
}

/** Whether or not the entry is still shown. */
function useNotMeAfterProof() {
  const { revokeMany } = useDevices()
  useResumption({ 'was-not-me': useNotMe((ids) => revokeMany.mutateAsync({ ids: [...ids] })) })
}

function useActivity(filter: KindFilter) {
  const api = useApi()
  return useActivityPages([...activityKey, filter], (cursor) =>
    api.activity.list.query({ ...(filter !== 'all' && { kind: filter }), cursor }),
  )
}

function ActivityList({ entries, now }: { entries: readonly ActivityEntry[]; now: number }) {
  const i18n = useI18n()
  const { list, revokeMany } = useDevices()
  const live = list.data && new Set(list.data.map(({ id }) => id))
  const signOut = (ids: readonly string[]) => revokeMany.mutateAsync({ ids: [...ids] })
  return (
    <ul
      aria-label={i18n.t('activity.list')}
      className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-surface shadow-card"
    >
      {withDays(i18n, entries, now).map(({ entry, day }) => (
        <ActivityItem key={entry.id} entry={entry} day={day} now={now} live={live} signOut={signOut} />
      ))}
    </ul>
  )
}

function NextPageProblem({ problem }: { problem: Problem | undefined }) {
  const i18n = useI18n()
  return (
    <Message look="bad" className="mt-4">
      <p className="font-semibold">{i18n.t('activity.moreFailed')}</p>
      {problem && <p>{describeProblem(problem)}</p>}
    </Message>
  )
}
