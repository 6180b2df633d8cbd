import { type ReactNode, useId, useState } from 'react'
import type { Device, UnusualSign } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import { Signs } from './signs.js'
import { type Question, useAnswers } from './use-answers.js'

interface WasThisYouProps {
  question: Question
  signs: readonly UnusualSign[]
  place: Device['place']
  /** Called once the mark is gone, and the button with it. */
  onConfirmed?: () => void
}

/** The mark of an unusual sign-in, with the two answers. */
export function WasThisYou({ question, signs, place, onConfirmed }: WasThisYouProps) {
  const { t } = useI18n()
  const { name } = question
  const titleId = useId()
  const answers = useAnswers(question)
  const [failure, setFailure] = useState<ReactNode>(null)

  const { run, busy } = useGuarded(async () => {
    const failed = await answers.wasMe()
    setFailure(failed)
    if (failed === null) onConfirmed?.()
  })

  return (
    // No region: the activity may ask it of several sign-ins of one device.
    <div
      role="group"
      aria-labelledby={titleId}
      className="was-this-you flex basis-full flex-wrap items-center gap-x-4 gap-y-3 rounded-xl border border-notice-line bg-notice-soft/50 p-3 sm:px-4"
    >
      <div className="min-w-0 flex-[1_1_14rem]">
        <p id={titleId} className="mb-1.5 text-sm font-semibold">
          {t('unusual.ask')}
          <span className="sr-only"> {name}</span>
        </p>
        <Signs signs={signs} place={place} />
      </div>
      <Button busy={busy} aria-label={t('unusual.wasMeNamed', { device: name })} onClick={() => void run()}>
        {busy ? t('unusual.wasMeBusy') : t('unusual.wasMe')}
      </Button>
      <NotMe question={question} onConfirm={answers.notMe} />
      {failure && (
        <Message look="bad" className="basis-full">
          {failure}
        </Message>
      )}
    </div>
  )
}

/** For a sign-in that nothing stands out about: only the answer that does something. */
export function OnlyNotMe({ question, className }: { question: Question; className: string }) {
  return <NotMe question={question} onConfirm={useAnswers(question).notMe} className={className} />
}

interface NotMeProps {
  question: Question
  onConfirm: ReturnType<typeof useAnswers>['notMe']
  className?: string
}

function NotMe({ question: { name, liveIds }, onConfirm, className = '' }: NotMeProps) {
  const { t } = useI18n()
  const isLive = liveIds.length > 0
  return (
    <ConfirmWithProof
      label={t('unusual.notMe')}
      accessibleLabel={t('unusual.notMeNamed', { device: name })}
      question={isLive ? t('unusual.notMeAsk', { device: name }) : t('unusual.notMeAskEnded')}
      consequence={t('unusual.notMeMeans')}
      confirmLabel={isLive ? t('unusual.notMeYes') : t('unusual.notMeYesEnded')}
      busyLabel={t('signOut.busy')}
      className={className}
      onConfirm={onConfirm}
      pending={{ name: 'was-not-me', input: { name, liveIds } }}
    />
  )
}
