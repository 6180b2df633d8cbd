import { useLoaderData, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { MailedEmailChange } from '@rollcall/api'
import { AuthFailure, callAuth } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { CheckBox } from '../../ui/check-box.js'
import { EmailAddress } from '../../ui/email-address.js'
import { useForm } from '../../ui/form.js'
import { DeadLink } from '../problems/dead-link.js'
import { PageHeading } from '../../ui/page-heading.js'
import { TextLink } from '../../ui/text-link.js'
import { explainFailure } from '../forms/auth-errors.js'
import { UnreadLink } from '../problems/unread-link.js'

/** The link is used up by then, so nothing asked of it later counts. */
type Outcome = { readonly state: 'confirmed' | 'dead' } | { readonly state: 'changed'; readonly email: string }

/** The page that both links of a change of address lead to. Opening it changes nothing: programs that check mails open links too. */
export function ConfirmEmailPage() {
  const { t } = useI18n()
  const { token } = useSearch({ from: '/public/confirm-email' })
  const link = useLoaderData({ from: '/public/confirm-email' })
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  if (outcome?.state === 'confirmed') return <Confirmed />
  if (outcome?.state === 'changed') return <Changed email={outcome.email} />
  if (token === undefined || !link.works || outcome !== null)
    return (
      <DeadLink reason={t('confirmEmail.dead')}>
        <TextLink to="/account">{t('confirmEmail.goOn')}</TextLink>
      </DeadLink>
    )
  const change = link.emailChange
  if (change === undefined) return <UnreadLink title={t('confirmEmail.title')} />
  return <Question token={token} change={change} onDone={setOutcome} />
}

interface QuestionProps {
  token: string
  change: MailedEmailChange
  onDone: (outcome: Outcome) => void
}

function Question({ token, change, onDone }: QuestionProps) {
  const { t } = useI18n()
  const offersChoice = change.isLast && change.isSignedIn
  const { form, summary, busy } = useForm({
    check: () => ({}),
    submit: async (data) => {
      const choice = offersChoice && { revokeOtherSessions: data.has('revokeOthers') }
      const answer = await callAuth('/confirm-email-change', { token, ...choice })
      onDone(isChanged(answer) ? { state: 'changed', email: change.email } : { state: 'confirmed' })
    },
    explain: (error) => {
      if (error instanceof AuthFailure && error.code === 'INVALID_TOKEN') onDone({ state: 'dead' })
      if (error instanceof AuthFailure && error.code === 'EMAIL_TAKEN')
        return { summary: words((t) => t('confirmEmail.taken')) }
      return explainFailure(error)
    },
  })

  return (
    <>
      <PageHeading title={t('confirmEmail.title')}>
        {t(change.side === 'old' ? 'confirmEmail.forOld' : 'confirmEmail.forNew')}
      </PageHeading>
      <p className="mt-3 text-lg font-semibold wrap-anywhere">
        <EmailAddress>{change.email}</EmailAddress>
      </p>
      <p className="mt-3 text-muted">
        {change.isLast
          ? t(change.isSignedIn ? 'confirmEmail.lastHere' : 'confirmEmail.lastElsewhere')
          : t('confirmEmail.first')}
      </p>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        {offersChoice && <CheckBox name="revokeOthers" label={t('confirmEmail.revokeOthers')} defaultChecked />}
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('confirmEmail.busy') : t('confirmEmail.submit')}
        </Button>
      </form>
      <p className="mt-4 text-sm text-muted">
        {t(change.side === 'old' ? 'confirmEmail.warningOld' : 'confirmEmail.warning')}
      </p>
      {change.side === 'old' && (
        <p>
          <TextLink to="/forgot-password">{t('reset.title')}</TextLink>
        </p>
      )}
    </>
  )
}

function Confirmed() {
  const { t } = useI18n()
  return <PageHeading title={t('confirmEmail.confirmedTitle')}>{t('confirmEmail.confirmed')}</PageHeading>
}

function Changed({ email }: { email: string }) {
  const { t } = useI18n()
  return (
    <>
      <PageHeading title={t('confirmEmail.changedTitle')}>
        {t('confirmEmail.changed', { email: isolate(email) })}
      </PageHeading>
      <p className="mt-4">
        <TextLink to="/account">{t('confirmEmail.goOn')}</TextLink>
      </p>
    </>
  )
}

/** The answer comes from outside of this program. */
function isChanged(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'changed' in answer && answer.changed === true
}
