import { Fragment } from 'react'
import type { Device, UnusualSign } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { formatPlace } from '../../i18n/place.js'

/** Why a sign-in is worth a second look, each reason in a few words. */
export function Signs({ signs, place }: { signs: readonly UnusualSign[]; place: Device['place'] }) {
  const i18n = useI18n()
  return (
    <p className="flex flex-wrap gap-x-2 gap-y-1.5">
      {signs.map((sign, n) => (
        <Fragment key={sign}>
          {n > 0 && <span className="sr-only">; </span>}
          <span className="rounded-full border border-notice-line bg-notice-soft px-2.5 py-0.5 text-[0.8125rem] font-medium text-notice">
            {i18n.t(`unusual.${sign}`, { country: formatPlace(i18n, place) })}
          </span>
        </Fragment>
      ))}
    </p>
  )
}
