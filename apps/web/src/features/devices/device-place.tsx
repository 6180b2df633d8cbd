import type { Device } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { formatPlace, withPlace } from '../../i18n/place.js'

interface DevicePlaceProps {
  of: Pick<Device, 'ipAddress' | 'place'>
  /** Shows the address too; leave it out if details beside it do. Default: false. */
  withAddress?: boolean
}

/** Roughly where an address is; the address itself where that is not known. */
export function DevicePlace({ of: { ipAddress, place }, withAddress = false }: DevicePlaceProps) {
  const i18n = useI18n()
  const address = ipAddress ?? i18n.t('common.addressUnknown')
  const said = withAddress ? withPlace(i18n, place, address) : formatPlace(i18n, place) || address
  return <span className="max-sm:block">{said}</span>
}
