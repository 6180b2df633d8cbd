import { type ReactNode, useId } from 'react'
import type { Device } from '../../api/trpc.js'
import { browserName, deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { DeviceDetails } from '../devices/device-details.js'
import { DeviceIcon } from '../devices/device-icon.js'
import type { ListTime } from '../devices/use-list-time.js'

interface DeviceRowProps {
  device: Device
  /** The person whose it is, where that is not said above. */
  owner?: string
  time: ListTime
  /** For what is said of the session, to describe a button beside it. */
  detailsId?: string
  children?: ReactNode
}

/** A session as the devices page shows it, with what can be done beside it. */
export function DeviceRow({ device, owner, time, detailsId, children }: DeviceRowProps) {
  const i18n = useI18n()
  const { t } = i18n
  const nameId = useId()
  return (
    <li
      data-row={device.id}
      tabIndex={-1}
      aria-labelledby={nameId}
      className="flex flex-wrap items-center gap-x-4 gap-y-3 py-3"
    >
      <div className="flex min-w-0 flex-[1_1_15rem] gap-3.5 sm:items-center">
        <DeviceIcon device={device} />
        <div className="min-w-0 wrap-anywhere">
          <p id={nameId} className="font-medium">
            <bdi>{deviceName(i18n, device)}</bdi>
          </p>
          {owner !== undefined && <p className="text-sm">{owner}</p>}
          <div id={detailsId} className="text-sm text-muted">
            {device.isCurrent && <p className="font-medium text-accent">{t('devices.group.current')}</p>}
            {device.name !== null && <p>{browserName(i18n, device)}</p>}
            <DeviceDetails device={device} time={time} withAddress />
          </div>
        </div>
      </div>
      {children}
    </li>
  )
}
