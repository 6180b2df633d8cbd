import { useEffect, useRef, useState } from 'react'
import type { Device, Person } from '../../api/trpc.js'
import { deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { Button } from '../../ui/button.js'
import { EmailAddress } from '../../ui/email-address.js'
import { useNow } from '../../ui/use-now.js'
import { useRowFocus } from '../../ui/use-row-focus.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import { DeviceRow } from './device-row.js'
import { Flags } from './find-person.js'
import { PersonActions } from './person-actions.js'
import { PersonActivity } from './person-activity.js'
import { QueryState } from './query-state.js'
import { ReasonField } from './reason-field.js'
import { usePerson } from './use-person.js'
import { type PersonChange, usePersonChange } from './use-person-change.js'

interface PersonViewProps {
  id: string
  /** The reason at first. */
  reason: string
  onClose: () => void
}

/** A person with their devices and activity, as they see them, and what an administrator can do. */
export function PersonView({ id, reason: given, onClose }: PersonViewProps) {
  const { t } = useI18n()
  const [reason, setReason] = useState(given)
  const query = usePerson(id)
  return (
    <div className="mt-6 rounded-2xl border border-accent bg-surface p-4 shadow-card sm:p-6">
      <QueryState query={query} />
      {query.isError && !query.data && <Button onClick={onClose}>{t('admin.person.close')}</Button>}
      {query.data && (
        <>
          <Title person={query.data.person} onClose={onClose} />
          <div className="mt-4">
            <ReasonField name="reason" reason={reason} onChange={setReason} />
          </div>
          <Devices {...query.data} asOf={query.dataUpdatedAt} reason={reason} />
          <PersonActions person={query.data.person} reason={reason} />
          <PersonActivity person={query.data.person} />
        </>
      )}
    </div>
  )
}

function Title({ person, onClose }: { person: Person; onClose: () => void }) {
  const { t } = useI18n()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <div className="flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0 wrap-anywhere">
        <h2 ref={heading} tabIndex={-1} className="text-lg font-semibold">
          <bdi>{person.name}</bdi>
        </h2>
        <p className="text-muted">
          <EmailAddress>{person.email}</EmailAddress>
        </p>
        <p className="text-sm text-muted">{person.id}</p>
        <Flags person={person} />
      </div>
      <Button onClick={onClose}>{t('admin.person.close')}</Button>
    </div>
  )
}

interface DevicesProps {
  person: Person
  devices: readonly Device[]
  /** When they were read. */
  asOf: number
  reason: string
}

function Devices({ person, devices, asOf, reason }: DevicesProps) {
  const { t } = useI18n()
  const now = useNow()
  const title = t('admin.person.devices', { name: isolate(person.name) })
  const heading = useRef<HTMLHeadingElement>(null)
  const list = useRowFocus<HTMLUListElement, Device>({ rows: devices, fallback: heading })
  return (
    <>
      <h3 ref={heading} tabIndex={-1} className="mt-6 font-semibold">
        {title}
      </h3>
      {devices.length === 0 && <p className="mt-2 text-[0.9375rem] text-muted">{t('admin.person.noDevices')}</p>}
      <ul {...list} aria-label={title} className="mt-2 divide-y divide-line">
        {devices.map((device) => (
          <DeviceRow key={device.id} device={device} time={{ now, asOf }} detailsId={detailsIdOf(device)}>
            {!device.isCurrent && (
              <SignOutOne device={device} change={{ change: 'all', id: person.id, sessionId: device.id, reason }} />
            )}
          </DeviceRow>
        ))}
      </ul>
    </>
  )
}

const detailsIdOf = ({ id }: Device): string => `details-${id}`

function SignOutOne({ device, change }: { device: Device; change: PersonChange }) {
  const i18n = useI18n()
  const { t } = i18n
  const changePerson = usePersonChange()
  return (
    <ConfirmWithProof
      label={t('signOut.one')}
      accessibleLabel={t('signOut.oneNamed', { device: deviceName(i18n, device) })}
      question={t('signOut.oneAsk', { device: deviceName(i18n, device) })}
      consequence={t('signOut.oneMeans')}
      confirmLabel={t('signOut.yes')}
      busyLabel={t('signOut.busy')}
      describedBy={detailsIdOf(device)}
      className="max-sm:ml-14.5"
      onConfirm={() => changePerson(change)}
      pending={{ name: 'change-person', input: change }}
    />
  )
}
