import { useEffect, useRef } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import type { DeviceGroup, fitOneStep } from './group.js'

interface ChoiceBarProps {
  chosen: ReturnType<typeof fitOneStep>
  /** The devices that are shown, and can be chosen. */
  choosable: readonly DeviceGroup[]
  onChooseAll: (groups: readonly DeviceGroup[]) => void
  onSignOut: (ids: readonly string[]) => Promise<Outcome>
  onClose: () => void
}

/** Stays in sight while devices are chosen. */
export function ChoiceBar({ chosen, choosable, onChooseAll, onSignOut, onClose }: ChoiceBarProps) {
  const { t } = useI18n()
  const bar = useRef<HTMLElement>(null)
  const count = chosen.groups.length
  // The button that opened it has gone.
  useEffect(() => bar.current?.focus({ preventScroll: true }), [])

  const signOut = async () => {
    const outcome = await onSignOut(chosen.ids)
    if (outcome.kind === 'done') onClose()
    return outcome
  }

  return (
    <section
      ref={bar}
      tabIndex={-1}
      aria-label={t('signOut.chooseBar')}
      className="choice-bar mt-3 flex flex-wrap items-center gap-2 rounded-2xl border border-edge bg-surface p-3 shadow-float sm:px-5 [&>button]:grow"
    >
      <p role="status" className="flex-[999_1_8rem] text-sm font-medium">
        {t('signOut.chosen', { count })}
      </p>
      {count < choosable.length && (
        <Button onClick={() => onChooseAll(choosable)}>{t('signOut.chooseAll', { count: choosable.length })}</Button>
      )}
      <Button onClick={onClose}>{t('signOut.chooseEnd')}</Button>
      {count > 0 && (
        <ConfirmWithProof
          label={t('signOut.several', { count })}
          look="primary"
          question={t('signOut.severalAsk', { count })}
          consequence={t('signOut.severalMeans')}
          confirmLabel={t('signOut.yes')}
          busyLabel={t('signOut.busy')}
          onConfirm={signOut}
          pending={{ name: 'sign-out-several', input: { ids: chosen.ids } }}
        />
      )}
    </section>
  )
}
