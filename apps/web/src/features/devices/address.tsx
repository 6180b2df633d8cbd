import type { Device } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { formatPlace } from '../../i18n/place.js'

/** An address, and roughly where it is. */
export function Address({ of: { ipAddress, place } }: { of: Pick<Device, 'ipAddress' | 'place'> }) {
  const i18n = useI18n()
  const where = formatPlace(i18n, place)
  return (
    <span className="max-sm:block">
      <span className="break-all">{ipAddress ?? i18n.t('common.addressUnknown')}</span>
      {where && (
        <>
          {' '}
          <span aria-hidden>·</span> {where}
        </>
      )}
    </span>
  )
}
