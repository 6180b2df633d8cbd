import { type ReactNode, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { type EmailChange, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { useSession } from '../session/session.js'
import { addressText } from './address-text.js'

interface PendingChangeProps {
  change: EmailChange
  /** The address that the account has. */
  from: string
  /** With what to say. */
  onOver: (message: ReactNode) => Promise<void>
}

export function PendingChange({ change, from, onOver }: PendingChangeProps) {
  const i18n = useI18n()
  const { t } = i18n
  const api = useApi()
  const session = useSession()
  const [failure, setFailure] = useState<ReactNode>(null)
  const [side] = change.confirmed
  const addresses = { old: addressText(from), new: addressText(change.email) }

  const { run, busy } = useGuarded(async () => {
    setFailure(null)
    try {
      const { cancelled } = await api.emailChange.cancel.mutate()
      await onOver(words((t) => t(cancelled ? 'emailChange.cancelled' : 'emailChange.over')))
    } catch (error) {
      session.handleError(error)
      setFailure(describeProblem(toProblem(error)))
    }
  })

  return (
    <div className="mt-4 grid justify-items-start gap-4">
      <Message look="info" className="w-full">
        <p>{t.rich('emailChange.sent', addresses)}</p>
        {side !== undefined && (
          <p className="mt-1.5 font-medium">
            {t.rich(side === 'old' ? 'emailChange.oldConfirmed' : 'emailChange.newConfirmed', addresses)}
          </p>
        )}
        <p className="mt-1.5 text-sm text-muted">
          {t('emailChange.until', { when: i18n.dayAndTime(change.expiresAt) })}
        </p>
      </Message>
      <Button busy={busy} onClick={() => void run()}>
        {busy ? t('emailChange.cancelling') : t('emailChange.cancel')}
      </Button>
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}
