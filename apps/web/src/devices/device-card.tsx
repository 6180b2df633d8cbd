import { Pencil } from 'lucide-react'
import { useId, useRef, useState } from 'react'
import type { Device } from '../trpc.js'
import { ConfirmButton, type Outcome } from '../ui/confirm-button.js'
import { Time } from '../ui/time.js'
import { browserName, deviceName } from '../words/device.js'
import { placeWords } from '../words/place.js'
import { isActive, relativeTime, shortTime } from '../words/time.js'
import { DeviceIcon } from './device-icon.js'
import type { DeviceGroup } from './group.js'
import { RenameDevice } from './rename-device.js'

interface DeviceCardProps {
  group: DeviceGroup
  now: number
  onSignOut: (device: Device) => Promise<Outcome>
}

/** One browser: its newest session, and below it the older ones, if there are any. */
export function DeviceCard({ group: [device, ...older], now, onSignOut }: DeviceCardProps) {
  const name = deviceName(device)
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
          <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <h2 id={nameId} className="min-w-0 font-semibold wrap-anywhere">
              {name}
            </h2>
            {device.isCurrent && (
              <span className="rounded-full bg-accent-soft px-2.5 py-0.5 text-[0.8125rem] font-semibold text-accent">
                This device
              </span>
            )}
            {device.deviceId !== null && (
              <button
                ref={rename}
                type="button"
                aria-label={`Rename ${name}`}
                aria-expanded={renaming}
                onClick={() => setRenaming(!renaming)}
                className="-m-1.5 grid size-9 cursor-pointer place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
              >
                <Pencil aria-hidden className="size-4" />
              </button>
            )}
          </div>
          <div id={detailsId} className="mt-1 text-sm text-muted">
            {device.name !== null && <p>{browserName(device)}</p>}
            <Details device={device} now={now} />
          </div>
        </div>
      </div>
      {!device.isCurrent && (
        <SignOut device={device} label={`Sign out ${name}`} detailsId={detailsId} onSignOut={onSignOut} />
      )}
      {renaming && device.deviceId !== null && <RenameDevice device={device} id={device.deviceId} onClose={stopRenaming} />}
      {older.length > 0 && (
        <div className="basis-full border-t border-line pt-3">
          <h3 id={olderId} className="text-sm font-semibold">
            Earlier sign-ins on this device that have not ended
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
  const detailsId = useId()
  const label = `Sign out ${deviceName(session)}, signed in since ${shortTime(session.createdAt, now)}`
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
  return (
    <ConfirmButton
      label="Sign out"
      accessibleLabel={label}
      question="Sign out this device?"
      consequence={`${deviceName(device)} will have to sign in again. This cannot be undone.`}
      confirmLabel="Yes, sign out"
      busyLabel="Signing out…"
      describedBy={detailsId}
      className="max-sm:ml-14.5"
      onConfirm={() => onSignOut(device)}
    />
  )
}

function Details({ device, now }: { device: Device; now: number }) {
  const place = placeWords(device.place)
  return (
    <>
      <p>
        <LastSeen device={device} now={now} />
        <span aria-hidden className="max-sm:hidden">
          {' · '}
        </span>
        <span className="max-sm:block">
          <span className="break-all">{device.ipAddress ?? 'Address not known'}</span>
          {place && (
            <>
              {' '}
              <span aria-hidden>·</span> {place}
            </>
          )}
        </span>
      </p>
      <p>
        Signed in since <Time value={device.createdAt}>{shortTime(device.createdAt, now)}</Time>
      </p>
    </>
  )
}

function LastSeen({ device, now }: { device: Device; now: number }) {
  // The current device is in use by whoever reads this.
  if (device.isCurrent || isActive(device.lastSeenAt, now)) {
    return (
      <span className="font-medium text-accent">
        <span aria-hidden className="mr-1.5 mb-px inline-block size-2 rounded-full bg-current align-middle" />
        <Time value={device.lastSeenAt}>Active now</Time>
      </span>
    )
  }
  return (
    <span>
      Last seen <Time value={device.lastSeenAt}>{relativeTime(device.lastSeenAt, now)}</Time>
    </span>
  )
}
