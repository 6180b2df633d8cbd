import type { Device } from '../trpc.js'
import { placeWords } from '../words/place.js'
import { useWords } from '../words/use-words.js'

/** Where something came from, and roughly where that is. */
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
