import { Pencil } from 'lucide-react'
import { useId, useRef, useState } from 'react'
import type { Device } from '../../api/trpc.js'
import { browserName, deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { renderTime, Time } from '../../i18n/time.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { ConfirmWithPassword } from '../account/confirm-with-password.js'
import { Address } from './address.js'
import { DeviceIcon } from './device-icon.js'
import type { DeviceGroup } from './group.js'
import { isActive } from './last-seen.js'
import { RenameDevice } from './rename-device.js'

interface DeviceCardProps {
  group: DeviceGroup
  now: number
  onSignOut: (device: Device) => Promise<Outcome>
}

/** One browser: its newest session, and below it the older ones, if there are any. */
export function DeviceCard({ group: [device, ...older], now, onSignOut }: DeviceCardProps) {
  const i18n = useI18n()
  const { t } = i18n
  const name = deviceName(i18n, device)
  const nameId = useId()
  const detailsId = useId()
  const olderId = useId()
  const [renaming, setRenaming] = useState(false)
  const rename = useRef<HTMLButtonElement>(null)

  const stopRenaming = () => {
    setRenaming(false)
    rename.current?.focus()
  }

  return (
    <li
      aria-labelledby={nameId}
      className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-2xl border border-line bg-surface p-4 shadow-card sm:px-5"
    >
      <div className="flex min-w-0 flex-[1_1_15rem] gap-3.5 sm:items-center sm:gap-4">
        <DeviceIcon kind={device.kind} />
        <div className="min-w-0">
          <div className="flex items-center gap-x-2.5">
            <div className="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
              <h2 id={nameId} className="min-w-0 font-semibold wrap-anywhere">
                {name}
              </h2>
              {device.isCurrent && (
                <span className="rounded-full bg-accent-soft px-2.5 py-0.5 text-[0.8125rem] font-semibold text-accent">
                  {t('devices.thisDevice')}
                </span>
              )}
            </div>
            {device.deviceId !== null && (
              <button
                ref={rename}
                type="button"
                aria-label={t('rename.button', { device: name })}
                aria-expanded={renaming}
                onClick={() => setRenaming(!renaming)}
                className="-m-1.5 grid size-9 shrink-0 cursor-pointer place-items-center self-start rounded-lg text-muted hover:bg-sunken hover:text-ink"
              >
                <Pencil aria-hidden className="size-4" />
              </button>
            )}
          </div>
          <div id={detailsId} className="mt-1 text-sm text-muted">
            {device.name !== null && <p>{browserName(i18n, device)}</p>}
            <Details device={device} now={now} />
          </div>
        </div>
      </div>
      {!device.isCurrent && (
        <SignOut device={device} label={t('signOut.oneNamed', { device: name })} detailsId={detailsId} onSignOut={onSignOut} />
      )}
      {renaming && device.deviceId !== null && <RenameDevice device={device} id={device.deviceId} onClose={stopRenaming} />}
      {older.length > 0 && (
        <div className="basis-full border-t border-line pt-3">
          <h3 id={olderId} className="text-sm font-semibold">
            {t('devices.earlier')}
          </h3>
          <ul aria-labelledby={olderId} className="mt-2 grid gap-3">
            {older.map((session) => (
              <Older key={session.id} session={session} now={now} onSignOut={onSignOut} />
            ))}
          </ul>
        </div>
      )}
    </li>
  )
}

function Older({ session, now, onSignOut }: { session: Device } & Omit<DeviceCardProps, 'group'>) {
  const i18n = useI18n()
  const detailsId = useId()
  const since = i18n.shortTime(session.createdAt, now)
  const label = i18n.t('signOut.oneEarlier', { device: deviceName(i18n, session), since })
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3">
      <div id={detailsId} className="min-w-0 flex-[1_1_15rem] text-sm text-muted">
        <Details device={session} now={now} />
      </div>
      <SignOut device={session} label={label} detailsId={detailsId} onSignOut={onSignOut} />
    </li>
  )
}

interface SignOutProps {
  device: Device
  label: string
  detailsId: string
  onSignOut: (device: Device) => Promise<Outcome>
}

function SignOut({ device, label, detailsId, onSignOut }: SignOutProps) {
  const i18n = useI18n()
  const { t } = i18n
  return (
    <ConfirmWithPassword
      label={t('signOut.one')}
      accessibleLabel={label}
      question={t('signOut.oneAsk')}
      consequence={t('signOut.oneMeans', { device: deviceName(i18n, device) })}
      confirmLabel={t('signOut.yes')}
      busyLabel={t('signOut.busy')}
      describedBy={detailsId}
      className="max-sm:ml-14.5"
      onConfirm={() => onSignOut(device)}
    />
  )
}

function Details({ device, now }: { device: Device; now: number }) {
  const i18n = useI18n()
  const { t } = i18n
  return (
    <>
      <p>
        <LastSeen device={device} now={now} />
        <span aria-hidden className="max-sm:hidden">
          {' · '}
        </span>
        <Address of={device} />
      </p>
      <p>
        {t.rich('devices.since', {
          when: i18n.shortTime(device.createdAt, now),
          time: renderTime(device.createdAt),
        })}
      </p>
    </>
  )
}

function LastSeen({ device, now }: { device: Device; now: number }) {
  const { t, relativeTime } = useI18n()
  // The reader is using the current device.
  if (device.isCurrent || isActive(device.lastSeenAt, now)) {
    return (
      <span className="font-medium text-accent">
        <span aria-hidden className="mr-1.5 mb-px inline-block size-2 rounded-full bg-current align-middle" />
        <Time value={device.lastSeenAt}>{t('devices.activeNow')}</Time>
      </span>
    )
  }
  return (
    <span>
      {t.rich('devices.lastSeen', {
        when: relativeTime(device.lastSeenAt, now),
        time: renderTime(device.lastSeenAt),
      })}
    </span>
  )
}
