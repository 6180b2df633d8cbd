import { useId } from 'react'
import type { Device } from '../trpc.js'
import { ConfirmButton, type Outcome } from '../ui/confirm-button.js'
import { Time } from '../ui/time.js'
import { deviceName } from '../words/device.js'
import { placeWords } from '../words/place.js'
import { isActive, relativeTime, shortTime } from '../words/time.js'
import { DeviceIcon } from './device-icon.js'

interface DeviceCardProps {
  device: Device
  now: number
  onSignOut: (device: Device) => Promise<Outcome>
}

export function DeviceCard({ device, now, onSignOut }: DeviceCardProps) {
  const name = deviceName(device)
  const place = placeWords(device.place)
  const nameId = useId()
  const detailsId = useId()

  return (
    <li
      aria-labelledby={nameId}
      className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-2xl border border-line bg-surface p-4 shadow-card sm:px-5"
    >
      <div className="flex min-w-0 flex-[1_1_15rem] gap-3.5 sm:items-center sm:gap-4">
        <DeviceIcon kind={device.kind} />
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <h2 id={nameId} className="font-semibold">
              {name}
            </h2>
            {device.isCurrent && (
              <span className="rounded-full bg-accent-soft px-2.5 py-0.5 text-[0.8125rem] font-semibold text-accent">
                This device
              </span>
            )}
          </div>
          <div id={detailsId} className="mt-1 text-sm text-muted">
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
          </div>
        </div>
      </div>
      {!device.isCurrent && (
        <ConfirmButton
          label="Sign out"
          accessibleLabel={`Sign out ${name}`}
          question="Sign out this device?"
          consequence={`${name} will have to sign in again. This cannot be undone.`}
          confirmLabel="Yes, sign out"
          busyLabel="Signing out…"
          describedBy={detailsId}
          className="max-sm:ml-14.5"
          onConfirm={() => onSignOut(device)}
        />
      )}
    </li>
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
