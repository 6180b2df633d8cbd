import { useQueryClient } from '@tanstack/react-query'
import { type ComponentType, type ReactNode, useEffect, useRef, useState } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { expectedSession } from '../../api/expected-session.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { proofMethods } from '../proof/proof-methods.js'
import { toOutcome } from '../proof/to-outcome.js'
import { withOthers } from '../proof/with-others.js'
import { useActionDone, useResumption } from '../proof/use-resumption.js'
import type { PendingActions } from '../session/pending-action.js'
import { useSession } from '../session/session.js'
import { type Choice, enrol, type NewFactor, renewBackupCodes, turnOff } from '../second-factor/api.js'
import { BackupCodes } from './backup-codes.js'
import type { EnrolmentProps } from './enrolment.js'
import { FactorChange } from './factor-change.js'

type Change = PendingActions['change-factor']['change']

type Step =
  /** `done`: what has happened, in words. `isBack`: after a step, whose focus it takes. */
  | { readonly kind: 'resting'; readonly done: ReactNode; readonly isBack: boolean }
  | { readonly kind: 'asking'; readonly change: Change }
  | { readonly kind: 'enrolling'; readonly factor: NewFactor; readonly Enrolment: ComponentType<EnrolmentProps> }
  | { readonly kind: 'codes'; readonly codes: readonly string[]; readonly done: ReactNode }

interface FactorStepsProps {
  isOn: boolean
  hasPassword: boolean
}

/** One step at a time: the buttons, the question, the secret for the app, the backup codes. */
export function FactorSteps({ isOn, hasPassword }: FactorStepsProps) {
  const { step, ask, rest, confirm, showCodes } = useSteps()
  if (step.kind === 'asking') {
    return (
      <ChangeQuestion
        change={step.change}
        hasPassword={hasPassword}
        onConfirm={(choice) => confirm(step.change, choice)}
        onCancel={() => rest(null)}
      />
    )
  }
  if (step.kind === 'enrolling') {
    const { Enrolment, factor } = step
    return (
      <Enrolment
        totpURI={factor.totpURI}
        onDone={(revokedOthers) => showCodes(factor, revokedOthers)}
        onCancel={() => rest(null)}
      />
    )
  }
  if (step.kind === 'codes') return <BackupCodes codes={step.codes} onDone={() => rest(step.done)} />
  return <FactorStatus isOn={isOn} done={step.done} isBack={step.isBack} onAsk={ask} />
}

function useSteps() {
  const session = useSession()
  const queryClient = useQueryClient()
  const [step, setStep] = useState<Step>({ kind: 'resting', done: null, isBack: false })
  const rest = (done: ReactNode) => setStep({ kind: 'resting', done, isBack: true })
  const refresh = () => queryClient.invalidateQueries({ queryKey: proofMethods.queryKey })

  const changes: Record<Change, (choice: Choice) => Promise<void>> = {
    async on(choice) {
      const asker = expectedSession()
      const Enrolment = await loadEnrolment()
      // Another window may have signed in meanwhile.
      if (expectedSession() !== asker) throw new AuthFailure(409, 'OTHER_SESSION', null)
      setStep({ kind: 'enrolling', factor: await enrol(choice), Enrolment })
    },
    async renew(choice) {
      const codes = await renewBackupCodes(choice)
      setStep({ kind: 'codes', codes, done: inWords('renewed', choice.revokeOtherSessions) })
    },
    async off(choice) {
      await turnOff(choice)
      await refresh()
      rest(inWords('offDone', choice.revokeOtherSessions))
    },
  }

  const done = useActionDone()
  useResumption({
    'change-factor': async ({ change, ...choice }) => {
      try {
        await changes[change](choice)
      } catch (error) {
        session.handleError(error)
        return toOutcome(error)
      }
      return { kind: 'done' }
    },
  })

  return {
    step,
    rest,
    ask: (change: Change) => setStep({ kind: 'asking', change }),
    async confirm(change: Change, choice: Choice) {
      await changes[change](choice)
      done()
    },
    showCodes(factor: NewFactor, revokedOthers: boolean) {
      setStep({ kind: 'codes', codes: factor.backupCodes, done: inWords('onDone', revokedOthers) })
      void refresh()
    },
  }
}

function inWords(done: 'onDone' | 'renewed' | 'offDone', revokedOthers: boolean | undefined): ReactNode {
  return words((t) => withOthers(t, t(`secondFactor.${done}`), revokedOthers))
}

/** It draws the QR code. Without an answer it fails like a call to the API. */
async function loadEnrolment(): Promise<ComponentType<EnrolmentProps>> {
  try {
    return (await import('./enrolment.js')).Enrolment
  } catch (cause) {
    throw new AuthFailure(undefined, undefined, null, undefined, { cause })
  }
}

interface ChangeQuestionProps {
  change: Change
  hasPassword: boolean
  onConfirm: (choice: Choice) => Promise<void>
  onCancel: () => void
}

function ChangeQuestion({ change, ...props }: ChangeQuestionProps) {
  const { t } = useI18n()
  return (
    <Panel look={change === 'off' ? 'danger' : 'neutral'}>
      <FactorChange
        {...props}
        change={change}
        question={t(`secondFactor.${change}Ask`)}
        consequence={t(`secondFactor.${change}Means`)}
        confirmLabel={t(change === 'on' ? 'secondFactor.goOn' : `secondFactor.${change}Yes`)}
        busyLabel={t('secondFactor.checking')}
        look={change === 'off' ? 'danger' : 'primary'}
        offersRevoke={change !== 'on'}
      />
    </Panel>
  )
}

function Panel({ look, children }: { look: 'danger' | 'neutral'; children: ReactNode }) {
  const colors = look === 'danger' ? 'border-danger-line bg-danger-soft' : 'border-line'
  return <div className={`mt-4 rounded-lg border p-3 motion-safe:animate-arrive sm:p-4 ${colors}`}>{children}</div>
}

interface FactorStatusProps {
  isOn: boolean
  done: ReactNode
  isBack: boolean
  onAsk: (change: Change) => void
}

function FactorStatus({ isOn, done, isBack, onAsk }: FactorStatusProps) {
  const { t } = useI18n()
  const buttons = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (isBack) buttons.current?.querySelector('button')?.focus()
  }, [isBack])
  return (
    <>
      {done !== null && (
        <Message look="good" className="mt-4">
          {done}
        </Message>
      )}
      <div ref={buttons} className="mt-4 flex flex-wrap gap-3">
        {isOn ? (
          <>
            <Button onClick={() => onAsk('renew')}>{t('secondFactor.renew')}</Button>
            <Button onClick={() => onAsk('off')}>{t('secondFactor.off')}</Button>
          </>
        ) : (
          <Button onClick={() => onAsk('on')}>{t('secondFactor.on')}</Button>
        )}
      </div>
    </>
  )
}
