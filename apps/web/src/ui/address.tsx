import type { Device } from '../trpc.js'
import { placeWords } from '../words/place.js'
import { useWords } from '../words/use-words.js'

/** An address, and roughly where it is. */
export function Address({ of: { ipAddress, place } }: { of: Pick<Device, 'ipAddress' | 'place'> }) {
  const words = useWords()
  const where = placeWords(words, place)
  return (
    <span className="max-sm:block">
      <span className="break-all">{ipAddress ?? words.t('common.addressUnknown')}</span>
      {where && (
        <>
          {' '}
          <span aria-hidden>·</span> {where}
        </>
      )}
    </span>
  )
}
