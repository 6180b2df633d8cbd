import { type Device, type Devices, useDevices } from '@rollcall/react'
import { type RefObject, useRef, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { PageHeading } from '../../ui/page-heading.js'
import { useToast } from '../../ui/toasts.js'
import { useNow } from '../../ui/use-now.js'
import { useRowFocus } from '../../ui/use-row-focus.js'
import { ListProblem } from '../account/list-problem.js'
import { DeviceCard } from './device-card.js'
import { noFilter, matchesFilter } from './device-filter.js'
import { DeviceListSkeleton } from './device-list-skeleton.js'
import { DeviceSearch } from './device-search.js'
import { grouped, kindOfUse } from './group.js'
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
        {shown && <DeviceList shown={shown} devices={devices} heading={heading} />}
        {!shown && (!problem || problem.kind === 'unauthorized') && <DeviceListSkeleton />}
      </div>
    </>
  )
}

interface DeviceListProps {
  shown: Device[]
  devices: Devices
  heading: RefObject<HTMLElement | null>
}

function DeviceList({ shown, devices, heading }: DeviceListProps) {
  const i18n = useI18n()
  const { t } = i18n
  const now = useNow()
  const signOut = useSignOuts(devices)
  const showToast = useToast()
  const [filter, setFilter] = useState(noFilter)
  const groups = grouped(shown)
  const isLong = groups.length > FEW
  const found = isLong
    ? groups.filter((group) => group.some((device) => matchesFilter(i18n, device, filter, now)))
    : groups
  const otherDevices = groups.filter(([first]) => !first.isCurrent).length
  const list = useRowFocus<HTMLUListElement, Device>({
    rows: found.flat().filter((device) => !device.isCurrent),
    fallback: heading,
    onGone(device) {
      const isFiltered = shown.some(({ id }) => id === device.id)
      if (!isFiltered && !signOut.isOurs(device.id))
        showToast(t('signOut.oneElsewhere', { device: deviceName(i18n, device) }))
    },
  })

  const many = (
    <SignOutMany
      hasOthers={shown.length > 1}
      otherDevices={otherDevices}
      onSignOutOthers={signOut.others}
      onSignOutEverywhere={signOut.everywhere}
    />
  )

  return (
    <>
      {/* Out of sight below a long list. */}
      {isLong && many}
      {isLong && <DeviceSearch found={found.length} all={groups.length} onFilterChange={setFilter} />}
      <ul {...list} aria-label={t('devices.list')} className={`grid gap-3 ${isLong ? 'long-list' : ''}`}>
        {found.map((group, n) => {
          const use = kindOfUse(group, now)
          const before = found[n - 1]
          const heading = before && kindOfUse(before, now) === use ? null : t(`devices.group.${use}`)
          return (
            <DeviceCard
              key={group[0].deviceId ?? group[0].id}
              group={group}
              heading={heading}
              now={now}
              signOut={signOut}
            />
          )
        })}
      </ul>
      {otherDevices === 0 && <p className="mt-4 text-[0.9375rem] text-muted">{t('devices.only')}</p>}
      {!isLong && many}
      {shown.some(({ place }) => place?.kind === 'country') && <PlaceSource />}
    </>
  )
}
