import type { KeyboardEvent } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import type { ProofRequest } from '../../ui/confirm-button.js'

interface AnswersProps extends Pick<ProofRequest, 'confirmLabel' | 'busyLabel' | 'onCancel'> {
  look: 'danger' | 'primary'
  busy: boolean
  onKeyDown: (event: KeyboardEvent) => void
}

/** The buttons of a question in a form: yes, and no. */
export function Answers({ confirmLabel, busyLabel, onCancel, look, busy, onKeyDown }: AnswersProps) {
  const { t } = useI18n()
  return (
    <div className="flex flex-wrap gap-2">
      <Button type="submit" look={look} busy={busy} onKeyDown={onKeyDown}>
        {busy ? busyLabel : confirmLabel}
      </Button>
      {!busy && (
        <Button onClick={onCancel} onKeyDown={onKeyDown}>
          {t('common.cancel')}
        </Button>
      )}
    </div>
  )
}
