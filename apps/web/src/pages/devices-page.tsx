import { type Device, type Devices, useDevices } from '@rollcall/react'
import { useRef, useState } from 'react'
import { DeviceCard } from '../devices/device-card.js'
import { everyDevice, isWanted } from '../devices/device-filter.js'
import { DeviceListSkeleton } from '../devices/device-list-skeleton.js'
import { DeviceSearch } from '../devices/device-search.js'
import { grouped } from '../devices/group.js'
import { LiveSign } from '../devices/live-sign.js'
import { SignOutMany } from '../devices/sign-out-many.js'
import { useSignOuts } from '../devices/use-sign-outs.js'
import { ListProblem } from '../ui/list-problem.js'
import { PageHeading } from '../ui/page-heading.js'
import { PlaceSource } from '../ui/place-source.js'
import { useNow } from '../ui/use-now.js'
import { toProblem } from '../words/problem.js'
import { useWords } from '../words/use-words.js'

/** As many devices as are seen at a glance: no search is offered for them. */
const FEW = 10

export function DevicesPage() {
  const { t } = useWords()
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
      <LiveSign live={live} />
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
  const words = useWords()
  const { t } = words
  const now = useNow()
  const signOut = useSignOuts(devices, onEnded)
  const others = shown.filter((device) => !device.isCurrent).length
  const [wanted, setWanted] = useState(everyDevice)
  const isLong = shown.length > FEW
  const found = isLong ? shown.filter((device) => isWanted(words, device, wanted, now)) : shown

  return (
    <>
      {isLong && <DeviceSearch found={found.length} all={shown.length} onWant={setWanted} />}
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
