import { useId } from 'react'
import type { Device } from '../../api/trpc.js'
import { deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import { DeviceDetails } from './device-details.js'
import type { ListTime } from './use-list-time.js'
import type { SignOuts } from './use-sign-outs.js'

interface EarlierSignInsProps {
  sessions: readonly Device[]
  time: ListTime
  onSignOut: SignOuts['earlier']
}

/** The sessions of a browser that signed in again before they ended. */
export function EarlierSignIns({ sessions, time, onSignOut }: EarlierSignInsProps) {
  const { t } = useI18n()
  const titleId = useId()
  return (
    <div className="basis-full border-t border-line pt-3">
      <h4 id={titleId} className="text-sm font-semibold">
        {t('devices.earlier')}
      </h4>
      <ul aria-labelledby={titleId} className="mt-2 grid gap-3">
        {sessions.map((session) => (
          <EarlierSignIn key={session.id} session={session} time={time} onSignOut={onSignOut} />
        ))}
      </ul>
    </div>
  )
}

function EarlierSignIn({ session, time, onSignOut }: { session: Device } & Omit<EarlierSignInsProps, 'sessions'>) {
  const i18n = useI18n()
  const { t } = i18n
  const detailsId = useId()
  const since = i18n.shortTime(session.createdAt, time.now)
  const device = deviceName(i18n, session)
  const named = { id: session.id, name: device }
  return (
    <li data-row={session.id} tabIndex={-1} className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-lg">
      <div id={detailsId} className="min-w-0 flex-[1_1_15rem] text-sm text-muted">
        <DeviceDetails device={session} time={time} />
      </div>
      <ConfirmWithProof
        label={t('signOut.one')}
        accessibleLabel={t('signOut.oneEarlier', { device, since })}
        question={t('signOut.earlierAsk', { device })}
        consequence={t('signOut.earlierMeans', { since })}
        confirmLabel={t('signOut.yes')}
        busyLabel={t('signOut.busy')}
        describedBy={detailsId}
        className="max-sm:ml-14.5"
        onConfirm={() => onSignOut(named)}
        pending={{ name: 'sign-out-earlier', input: named }}
      />
    </li>
  )
}
