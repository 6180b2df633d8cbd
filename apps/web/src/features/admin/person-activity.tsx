import { type ActivityEntry, type Person, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { Button } from '../../ui/button.js'
import { useNow } from '../../ui/use-now.js'
import { ActivityItem } from '../activity/activity-item.js'
import { useActivityPages } from '../activity/use-activity-pages.js'
import { withDays } from '../activity/with-days.js'
import { QueryState } from './query-state.js'
import { activityKey } from './use-person.js'

/** The activity of a person, as they see it. */
export function PersonActivity({ person: { id, name } }: { person: Person }) {
  const i18n = useI18n()
  const { t } = i18n
  const api = useApi()
  const now = useNow()
  const query = useActivityPages(activityKey(id), (cursor) => api.admin.people.activity.query({ id, cursor }))
  const entries = query.data?.pages.flatMap((page) => page.entries)
  const title = t('admin.person.activity', { name: isolate(name) })
  return (
    <>
      <h3 className="mt-6 font-semibold">{title}</h3>
      <QueryState query={query} />
      {entries?.length === 0 && <p className="mt-2 text-muted">{t('admin.person.noActivity')}</p>}
      {entries && (
        <ul
          aria-label={title}
          className="mt-2 divide-y divide-line overflow-hidden rounded-lg border border-line empty:hidden"
        >
          {withDays(i18n, entries, now).map(({ entry, day }) => (
            <ActivityItem
              key={entry.id}
              entry={withoutQuestion(entry)}
              day={day}
              level={4}
              now={now}
              live={undefined}
              signOut={async () => ({ revoked: 0 })}
            />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <Button className="mt-3" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {query.isFetchingNextPage ? t('activity.moreBusy') : t('activity.more')}
        </Button>
      )}
    </>
  )
}

/** Whether a sign-in was theirs, only the person can say. */
function withoutQuestion({ signIn: _signIn, ...entry }: ActivityEntry): ActivityEntry {
  return entry
}
