import type { Device } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { renderTime, Time } from '../../i18n/time.js'
import { isActive } from './last-seen.js'
import { DevicePlace } from './device-place.js'
import type { ListTime } from './use-list-time.js'

interface DeviceDetailsProps {
  device: Device
  time: ListTime
  /** Shows the address beside the place. Default: false. */
  withAddress?: boolean
}

/** When and where a session was last seen, and when it began. */
export function DeviceDetails({ device, time, withAddress = false }: DeviceDetailsProps) {
  const i18n = useI18n()
  const { t } = i18n
  return (
    <>
      <p>
        <LastSeen device={device} time={time} />
        <span aria-hidden className="max-sm:hidden">
          {' · '}
        </span>
        <DevicePlace of={device} withAddress={withAddress} />
      </p>
      <p>
        {t.rich('devices.since', {
          when: i18n.shortTime(device.createdAt, time.now),
          time: renderTime(device.createdAt),
        })}
      </p>
    </>
  )
}

function LastSeen({ device, time: { now, asOf } }: { device: Device; time: ListTime }) {
  const { t, relativeTime, shortTime } = useI18n()
  const wasActive = isActive(device.lastSeenAt, asOf)
  // The reader is using the current device.
  if (device.isCurrent || (wasActive && isActive(device.lastSeenAt, now))) {
    return (
      <span className="font-medium text-accent">
        <span
          aria-hidden
          className="mr-1.5 mb-px inline-block size-2 rounded-full border border-current bg-current align-middle forced-colors:bg-[CanvasText]"
        />
        <Time value={device.lastSeenAt}>{t('devices.activeNow')}</Time>
      </span>
    )
  }
  if (wasActive) {
    const known = new Date(asOf).toISOString()
    return <span>{t.rich('devices.activeAt', { when: shortTime(known, now), time: renderTime(known) })}</span>
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
