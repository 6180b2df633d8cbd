import { type MouseEvent, useEffect } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { solve, type Solved } from './solve.js'

interface CheckNoticeProps {
  /** The answer that asks for it. */
  body: unknown
  onSolved: (solved: Solved) => void
  onStop: () => void
  onFailure: (reason: unknown) => void
}

/** Solves a challenge for as long as it is shown. */
export function CheckNotice({ body, onSolved, onStop, onFailure }: CheckNoticeProps) {
  const { t } = useI18n()
  useEffect(() => {
    const gone = new AbortController()
    solve(body, gone.signal).then(
      (solved) => solved && onSolved(solved),
      (reason: unknown) => gone.signal.aborted || onFailure(reason),
    )
    return () => gone.abort()
  }, [body, onSolved, onFailure])

  const stop = ({ currentTarget: { form } }: MouseEvent<HTMLButtonElement>) => {
    form?.querySelector<HTMLButtonElement>('[type=submit]')?.focus() // the focus would be lost with this button
    onStop()
  }
  return (
    <Message look="info">
      <p>{t('challenge.checking')}</p>
      <p className="mt-1 text-sm text-muted">{t('challenge.why')}</p>
      <Button className="mt-3" onClick={stop}>
        {t('challenge.stop')}
      </Button>
    </Message>
  )
}

export function UncheckableNotice() {
  const { t } = useI18n()
  return <Message look="bad">{t('challenge.impossible')}</Message>
}
