import { useDevices } from '@rollcall/react'
import { useRef } from 'react'
import { toProblem } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { PageHeading } from '../../ui/page-heading.js'
import { ListProblem } from '../problems/list-problem.js'
import { useUnusual } from '../recognition/use-unusual.js'
import { DeviceListSkeleton } from './device-list-skeleton.js'
import { DeviceList } from './device-list.js'
import { LiveStatus } from './live-status.js'
import { useListTime } from './use-list-time.js'
import { useOnline } from './use-online.js'

export function DevicesPage() {
  const { t } = useI18n()
  const heading = useRef<HTMLHeadingElement>(null)
  const devices = useDevices()
  const { list } = devices
  const isOnline = useOnline()
  const problem = list.isError ? toProblem(list.error) : undefined
  // A stream takes seconds to notice that its network is gone.
  const live = devices.live && !problem && isOnline
  const time = useListTime(live === true, list.dataUpdatedAt)
  // Refused: the sign-in page is on its way.
  const known = problem?.kind === 'unauthorized' ? undefined : list.data
  const unusual = useUnusual(known)
  const shown = unusual.isPending ? undefined : known

  return (
    <>
      <PageHeading title={t('devices.title')} ref={heading}>
        {t('devices.intro')}
      </PageHeading>
      <LiveStatus live={known ? live : null} time={time} />
      <div className="mt-6">
        {problem && problem.kind !== 'unauthorized' && (
          <ListProblem
            problem={problem}
            notLoaded={known ? null : t('devices.notLoaded')}
            busy={list.isFetching}
            onRetry={() => void list.refetch()}
          />
        )}
        {shown && <DeviceList shown={shown} time={time} unusual={unusual} devices={devices} heading={heading} />}
        {!shown && (!problem || problem.kind === 'unauthorized') && <DeviceListSkeleton />}
      </div>
    </>
  )
}
