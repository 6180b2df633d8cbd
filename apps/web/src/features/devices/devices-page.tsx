import { type Device, type Devices, useDevices } from '@rollcall/react'
import { useRef, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { PageHeading } from '../../ui/page-heading.js'
import { useNow } from '../../ui/use-now.js'
import { ListProblem } from '../account/list-problem.js'
import { DeviceCard } from './device-card.js'
import { noFilter, matchesFilter } from './device-filter.js'
import { DeviceListSkeleton } from './device-list-skeleton.js'
import { DeviceSearch } from './device-search.js'
import { grouped } from './group.js'
import { LiveStatus } from './live-status.js'
import { PlaceSource } from './place-source.js'
import { SignOutMany } from './sign-out-many.js'
import { useSignOuts } from './use-sign-outs.js'

/** As many devices as are seen at a glance: no search is offered for them. */
const FEW = 10

export function DevicesPage() {
  const { t } = useI18n()
  const heading = useRef<HTMLHeadingElement>(null)
  const devices = useDevices()
  const { list, live } = devices
  const problem = list.isError ? toProblem(list.error) : undefined
  // Refused: the sign-in page is on its way.
  const shown = problem?.kind === 'unauthorized' ? undefined : list.data

  return (
    <>
      <PageHeading title={t('devices.title')} ref={heading}>
        {t('devices.intro')}
      </PageHeading>
      <LiveStatus live={live} />
      <div className="mt-6">
        {problem && problem.kind !== 'unauthorized' && (
          <ListProblem
            problem={problem}
            notLoaded={shown ? null : t('devices.notLoaded')}
            busy={list.isFetching}
            onRetry={() => void list.refetch()}
          />
        )}
        {shown && <DeviceList shown={shown} devices={devices} onEnded={() => heading.current?.focus()} />}
        {!shown && (!problem || problem.kind === 'unauthorized') && <DeviceListSkeleton />}
      </div>
    </>
  )
}

function DeviceList({ shown, devices, onEnded }: { shown: Device[]; devices: Devices; onEnded: () => void }) {
  const i18n = useI18n()
  const { t } = i18n
  const now = useNow()
  const signOut = useSignOuts(devices, onEnded)
  const others = shown.filter((device) => !device.isCurrent).length
  const [filter, setFilter] = useState(noFilter)
  const isLong = shown.length > FEW
  const found = isLong ? shown.filter((device) => matchesFilter(i18n, device, filter, now)) : shown

  return (
    <>
      {isLong && <DeviceSearch found={found.length} all={shown.length} onFilterChange={setFilter} />}
      <ul aria-label={t('devices.list')} className={`grid gap-3 ${isLong ? 'long-list' : ''}`}>
        {grouped(found).map((group) => (
          <DeviceCard key={group[0].deviceId ?? group[0].id} group={group} now={now} onSignOut={signOut.one} />
        ))}
      </ul>
      {others === 0 && (
        <p className="mt-4 text-[0.9375rem] text-muted">{t('devices.only')}</p>
      )}
      <SignOutMany others={others} onSignOutOthers={signOut.others} onSignOutEverywhere={signOut.everywhere} />
      {shown.some(({ place }) => place?.kind === 'country') && <PlaceSource />}
    </>
  )
}
