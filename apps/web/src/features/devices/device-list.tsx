import type { Device, Devices } from '@rollcall/react'
import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import { deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { I18n } from '../../i18n/i18n.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { useToast } from '../../ui/toasts.js'
import { useRowFocus } from '../../ui/use-row-focus.js'
import type { Signs, Unusual } from '../recognition/use-unusual.js'
import { ChoiceBar } from './choice-bar.js'
import { DeviceCard } from './device-card.js'
import { type DeviceFilter, matchesFilter, noFilter } from './device-filter.js'
import { DeviceSearch } from './device-search.js'
import { type DeviceGroup, groupByBrowser, fitOneStep, keyOf, kindOfUse, withUnusualFirst } from './group.js'
import { PlaceSource } from './place-source.js'
import { SignOutFound } from './sign-out-found.js'
import { SignOutMany } from './sign-out-many.js'
import { useChoice } from './use-choice.js'
import type { ListTime } from './use-list-time.js'
import { type SignOuts, useSignOuts } from './use-sign-outs.js'

/** As many devices as are seen at a glance: no search is offered for them. */
const FEW = 10

interface DeviceListProps {
  shown: Device[]
  time: ListTime
  unusual: Unusual
  devices: Devices
  heading: RefObject<HTMLElement | null>
}

export function DeviceList({ shown, time, unusual, devices, heading }: DeviceListProps) {
  const i18n = useI18n()
  const signOut = useSignOuts(devices)
  const showToast = useToast()
  const [filter, setFilter] = useState(noFilter)
  const groups = withUnusualFirst(groupByBrowser(shown), unusual.signs)
  const isLong = groups.length > FEW
  const hasSearch = useStays(isLong)
  const found = hasSearch ? groups.filter((group) => isFound(i18n, group, filter, time)) : groups
  const others = groups.filter(([first]) => !first.isCurrent)
  const choice = useChoice(others)
  const list = useRowFocus<HTMLUListElement, Device>({
    rows: found.flat().filter((device) => !device.isCurrent),
    fallback: heading,
    onGone(device) {
      const isFiltered = shown.some(({ id }) => id === device.id)
      if (!isFiltered && !signOut.isOurs(device.id))
        showToast(words((t, i18n) => t('signOut.oneElsewhere', { device: deviceName(i18n, device) })))
    },
  })

  const many = (
    <SignOutMany
      hasOthers={shown.length > 1}
      otherDevices={others.length}
      onSignOutOthers={signOut.others}
      onSignOutEverywhere={signOut.everywhere}
    />
  )

  return (
    <>
      {/* Out of sight below a long list. */}
      {isLong && many}
      {hasSearch && (
        <DeviceSearch found={found.length} all={groups.length} onFilterChange={setFilter}>
          {found.length < groups.length && <SignOutFound found={fitOneStep(found)} onSignOut={signOut.several} />}
        </DeviceSearch>
      )}
      <ChooseDevices choice={choice} canChoose={others.length > 1} heading={heading} />
      {unusual.isUnknown && <p className="mb-3 text-sm text-muted">{i18n.t('unusual.notLoaded')}</p>}
      <ul {...list} aria-label={i18n.t('devices.list')} className={`grid gap-3 ${isLong ? 'long-list' : ''}`}>
        <Cards groups={found} signs={unusual.signs} choice={choice} signOut={signOut} time={time} />
      </ul>
      {choice.isOpen && (
        <ChoiceBar
          chosen={fitOneStep(choice.chosen)}
          choosable={found.filter(([first]) => !first.isCurrent)}
          onChooseAll={choice.choose}
          onSignOut={signOut.several}
          onClose={() => {
            heading.current?.focus() // for where nothing is left to choose from
            choice.close()
          }}
        />
      )}
      {others.length === 0 && <p className="mt-4 text-[0.9375rem] text-muted">{i18n.t('devices.only')}</p>}
      {!isLong && many}
      {shown.some(({ place }) => place?.kind === 'country') && <PlaceSource />}
    </>
  )
}

/** Once there, a search stays: a person may be typing in it, and a filter that nobody sees would hide devices later. */
function useStays(isThere: boolean): boolean {
  const [stays, setStays] = useState(isThere)
  if (isThere && !stays) setStays(true)
  return stays
}

interface ChooseDevicesProps {
  choice: ReturnType<typeof useChoice>
  canChoose: boolean
  heading: RefObject<HTMLElement | null>
}

/** Stands above what can be chosen. */
function ChooseDevices({ choice, canChoose, heading }: ChooseDevicesProps) {
  const { t } = useI18n()
  const button = useRef<HTMLButtonElement>(null)
  // Once, when the choice is over: a button that comes back later takes the focus from nobody.
  useLayoutEffect(() => {
    if (choice.isOver) button.current?.focus()
  }, [choice.isOver])
  // It may be gone with the devices.
  useLayoutEffect(() => {
    if (choice.isOver && !canChoose && document.activeElement === document.body)
      heading.current?.focus({ preventScroll: true })
  }, [canChoose, choice.isOver, heading])
  if (!canChoose || choice.isOpen) return null
  return (
    <p className="mb-3">
      <Button ref={button} onClick={choice.open}>
        {t('signOut.choose')}
      </Button>
    </p>
  )
}

interface CardsProps {
  groups: readonly DeviceGroup[]
  signs: Signs
  choice: ReturnType<typeof useChoice>
  signOut: SignOuts
  time: ListTime
}

function Cards({ groups, signs, choice, signOut, time }: CardsProps) {
  const i18n = useI18n()
  return groups.map((group, n) => (
    <DeviceCard
      key={keyOf(group)}
      group={group}
      heading={headingOf(i18n, group, groups[n - 1], signs, time.now)}
      time={time}
      signs={signs}
      choice={choice.isOpen && !group[0].isCurrent ? choice.of(group) : undefined}
      signOut={signOut}
    />
  ))
}

function isFound(i18n: I18n, group: DeviceGroup, filter: DeviceFilter, time: ListTime): boolean {
  return group.some((device) => matchesFilter(i18n, device, filter, time))
}

/** For the first group of each kind. */
function headingOf(
  { t }: I18n,
  group: DeviceGroup,
  before: DeviceGroup | undefined,
  signs: Signs,
  now: number,
): string | null {
  const use = kindOfUse(group, signs, now)
  return before && kindOfUse(before, signs, now) === use ? null : t(`devices.group.${use}`)
}
