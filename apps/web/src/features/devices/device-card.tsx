import { Pencil } from 'lucide-react'
import { type RefObject, useId, useRef, useState } from 'react'
import { browserName, deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import type { Signs } from '../recognition/use-unusual.js'
import { WasThisYou } from '../recognition/was-this-you.js'
import { DeviceDetails } from './device-details.js'
import { DeviceIcon } from './device-icon.js'
import { EarlierSignIns } from './earlier-sign-ins.js'
import type { DeviceGroup } from './group.js'
import { RenameDevice } from './rename-device.js'
import { SessionFacts } from './session-facts.js'
import type { Choice } from './use-choice.js'
import type { ListTime } from './use-list-time.js'
import type { SignOuts } from './use-sign-outs.js'

interface DeviceCardProps {
  group: DeviceGroup
  /** Of this device and those that follow it. */
  heading: string | null
  time: ListTime
  /** Of all sign-ins. */
  signs: Signs
  /** While devices are chosen to be signed out together. */
  choice: Choice | undefined
  signOut: Pick<SignOuts, 'one' | 'earlier' | 'revokeIds'>
}

/** One browser: its newest session, and below it the older ones, if there are any. */
export function DeviceCard({ group, heading, time, signs, choice, signOut }: DeviceCardProps) {
  const [device, ...older] = group
  const i18n = useI18n()
  const name = deviceName(i18n, device)
  const nameId = useId()
  const detailsId = useId()
  const [renaming, setRenaming] = useState(false)
  const rename = useRef<HTMLButtonElement>(null)
  const row = useRef<HTMLLIElement>(null)

  const stopRenaming = () => {
    setRenaming(false)
    rename.current?.focus()
  }

  return (
    <li ref={row} data-row={device.id} tabIndex={-1} aria-labelledby={nameId} className="rounded-2xl">
      {heading !== null && <h2 className="mt-2 mb-2 text-lg font-semibold">{heading}</h2>}
      <div className="device-card flex flex-wrap items-center gap-x-4 gap-y-3 rounded-2xl border border-line bg-surface p-4 shadow-card sm:px-5">
        {choice && <ChoiceBox name={name} choice={choice} />}
        <div className="flex min-w-0 flex-[1_1_15rem] gap-3.5 sm:items-center sm:gap-4">
          <DeviceIcon device={device} />
          <div className="min-w-0">
            <div className="flex items-center gap-x-2.5">
              <h3 id={nameId} className="min-w-0 font-semibold">
                <bdi>{name}</bdi>
              </h3>
              {device.deviceId !== null && (
                <RenameButton ref={rename} device={name} expanded={renaming} onPress={() => setRenaming(!renaming)} />
              )}
            </div>
            <div id={detailsId} className="mt-1 text-sm text-muted">
              {device.name !== null && <p>{browserName(i18n, device)}</p>}
              <DeviceDetails device={device} time={time} />
            </div>
          </div>
        </div>
        {!device.isCurrent && !choice && (
          // A question about one sign-in must not become one about the next.
          <SignOutOne
            key={device.id}
            session={{ id: device.id, name }}
            describedBy={detailsId}
            onConfirm={signOut.one}
          />
        )}
        {renaming && device.deviceId !== null && (
          <RenameDevice device={device} id={device.deviceId} onClose={stopRenaming} />
        )}
        <Mark group={group} name={name} signs={signs} signOut={signOut.revokeIds} onGone={() => row.current?.focus()} />
        <SessionFacts device={device} name={name} />
        {older.length > 0 && <EarlierSignIns sessions={older} time={time} onSignOut={signOut.earlier} />}
      </div>
    </li>
  )
}

interface SignOutOneProps {
  session: { readonly id: string; readonly name: string }
  describedBy: string
  onConfirm: SignOuts['one']
}

function SignOutOne({ session, describedBy, onConfirm }: SignOutOneProps) {
  const { t } = useI18n()
  const { name } = session
  return (
    <ConfirmWithProof
      label={t('signOut.one')}
      accessibleLabel={t('signOut.oneNamed', { device: name })}
      question={t('signOut.oneAsk', { device: name })}
      consequence={t('signOut.oneMeans')}
      confirmLabel={t('signOut.yes')}
      busyLabel={t('signOut.busy')}
      describedBy={describedBy}
      className="max-sm:ml-14.5"
      onConfirm={() => onConfirm(session)}
      pending={{ name: 'sign-out', input: session }}
    />
  )
}

function ChoiceBox({ name, choice }: { name: string; choice: Choice }) {
  const { t } = useI18n()
  return (
    <label className="-m-2.5 grid size-11 shrink-0 cursor-pointer place-items-center self-start sm:self-center">
      <input
        type="checkbox"
        aria-label={t('signOut.chooseOne', { device: name })}
        checked={choice.isChosen}
        onChange={({ target }) => choice.onChange(target.checked)}
        className="size-6 cursor-pointer accent-accent"
      />
    </label>
  )
}

interface MarkProps extends Pick<DeviceCardProps, 'group' | 'signs'> {
  name: string
  signOut: SignOuts['revokeIds']
  onGone: () => void
}

/** Marks the unusual sign-ins of the device together. */
function Mark({ group, name, signs, signOut, onGone }: MarkProps) {
  const unusual = group.filter(({ id, isCurrent }) => signs.has(id) && !isCurrent)
  if (unusual.length === 0) return null
  const reasons = new Set(unusual.flatMap(({ id }) => signs.get(id) ?? []))
  const question = {
    name,
    ids: unusual.map(({ id }) => id),
    liveIds: group.filter(({ isCurrent }) => !isCurrent).map(({ id }) => id),
    signOut,
  }
  return <WasThisYou question={question} signs={[...reasons]} place={group[0].place} onConfirmed={onGone} />
}

interface RenameButtonProps {
  ref: RefObject<HTMLButtonElement | null>
  /** The device's name. */
  device: string
  /** Whether the form is open. */
  expanded: boolean
  onPress: () => void
}

function RenameButton({ ref, device, expanded, onPress }: RenameButtonProps) {
  const { t } = useI18n()
  return (
    <button
      ref={ref}
      type="button"
      aria-label={t('rename.button', { device })}
      aria-expanded={expanded}
      onClick={onPress}
      className="-m-2.5 grid size-11 shrink-0 cursor-pointer place-items-center self-start rounded-lg text-muted -outline-offset-6 hover:bg-sunken hover:text-ink"
    >
      <Pencil aria-hidden className="size-4" />
    </button>
  )
}
