import { useRef, useState } from 'react'
import { DeviceCard } from '../devices/device-card.js'
import { everyDevice, isWanted } from '../devices/device-filter.js'
import { DeviceListSkeleton } from '../devices/device-list-skeleton.js'
import { DeviceSearch } from '../devices/device-search.js'
import { grouped } from '../devices/group.js'
import { LiveSign } from '../devices/live-sign.js'
import { PlaceSource } from '../devices/place-source.js'
import { SignOutMany } from '../devices/sign-out-many.js'
import { useSignOuts } from '../devices/use-sign-outs.js'
import { type Device, trpc } from '../trpc.js'
import { ListProblem } from '../ui/list-problem.js'
import { PageHeading } from '../ui/page-heading.js'
import { useNow } from '../ui/use-now.js'
import { toProblem } from '../words/problem.js'
import { useWords } from '../words/use-words.js'

/** As many devices as are seen at a glance: no search is offered for them. */
const FEW = 10

export function DevicesPage() {
  const { t } = useWords()
  const heading = useRef<HTMLHeadingElement>(null)
  const list = trpc.devices.list.useQuery()
  const problem = list.isError ? toProblem(list.error) : undefined
  // Refused: the sign-in page is on its way.
  const devices = problem?.kind === 'unauthorized' ? undefined : list.data

  return (
    <>
      <PageHeading title={t('devices.title')} ref={heading}>
        {t('devices.intro')}
      </PageHeading>
      <LiveSign />
      <div className="mt-6">
        {problem && problem.kind !== 'unauthorized' && (
          <ListProblem
            problem={problem}
            notLoaded={devices ? null : t('devices.notLoaded')}
            busy={list.isFetching}
            onRetry={() => void list.refetch()}
          />
        )}
        {devices && <Devices devices={devices} onEnded={() => heading.current?.focus()} />}
        {!devices && (!problem || problem.kind === 'unauthorized') && <DeviceListSkeleton />}
      </div>
    </>
  )
}

function Devices({ devices, onEnded }: { devices: Device[]; onEnded: () => void }) {
  const words = useWords()
  const { t } = words
  const now = useNow()
  const signOut = useSignOuts(onEnded)
  const others = devices.filter((device) => !device.isCurrent).length
  const [wanted, setWanted] = useState(everyDevice)
  const isLong = devices.length > FEW
  const found = isLong ? devices.filter((device) => isWanted(words, device, wanted, now)) : devices

  return (
    <>
      {isLong && <DeviceSearch found={found.length} all={devices.length} onWant={setWanted} />}
      <ul aria-label={t('devices.list')} className={`grid gap-3 ${isLong ? 'long-list' : ''}`}>
        {grouped(found).map((group) => (
          <DeviceCard key={group[0].deviceId ?? group[0].id} group={group} now={now} onSignOut={signOut.one} />
        ))}
      </ul>
      {others === 0 && (
        <p className="mt-4 text-[0.9375rem] text-muted">{t('devices.only')}</p>
      )}
      <SignOutMany others={others} onSignOutOthers={signOut.others} onSignOutEverywhere={signOut.everywhere} />
      {devices.some(({ place }) => place?.kind === 'country') && <PlaceSource />}
    </>
  )
}
