import { useLoaderData, useRouter, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { MailedEmailChange } from '@rollcall/api'
import { AuthFailure, callAuth } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { Button } from '../../ui/button.js'
import { CheckBox } from '../../ui/check-box.js'
import { useForm } from '../../ui/form.js'
import { PageHeading } from '../../ui/page-heading.js'
import { TextLink } from '../../ui/text-link.js'
import { explainFailure } from '../account/auth-errors.js'

type State = 'asking' | 'confirmed' | 'changed' | 'dead'

/** The page that both links of a change of address lead to. Opening it changes nothing: programs that check mails open links too. */
export function ConfirmEmailPage() {
  const { token } = useSearch({ from: '/public/confirm-email' })
  const link = useLoaderData({ from: '/public/confirm-email' })
  const [state, setState] = useState<State>('asking')
  if (token === undefined || !link.works || state === 'dead') return <DeadLink />
  const change = link.emailChange
  if (change === undefined) return <Unread />
  if (state !== 'asking') return <Done isChanged={state === 'changed'} change={change} />
  return <Question token={token} change={change} onDone={setState} />
}

interface QuestionProps {
  token: string
  change: MailedEmailChange
  onDone: (state: State) => void
}

function Question({ token, change, onDone }: QuestionProps) {
  const i18n = useI18n()
  const { t } = i18n
  const offersChoice = change.isLast && change.isSignedIn
  const { form, summary, busy } = useForm({
    check: () => ({}),
    submit: async (data) => {
      const choice = offersChoice && { revokeOtherSessions: data.has('revokeOthers') }
      const answer = await callAuth('/confirm-email-change', { token, ...choice })
      onDone(isChanged(answer) ? 'changed' : 'confirmed')
    },
    explain: (error) => {
      if (error instanceof AuthFailure && error.code === 'INVALID_TOKEN') onDone('dead')
      if (error instanceof AuthFailure && error.code === 'EMAIL_TAKEN') return { summary: t('confirmEmail.taken') }
      return explainFailure(i18n, error)
    },
  })

  return (
    <>
      <PageHeading title={t('confirmEmail.title')}>
        {t(change.side === 'old' ? 'confirmEmail.forOld' : 'confirmEmail.forNew')}
      </PageHeading>
      <p className="mt-3 text-lg font-semibold wrap-anywhere">{change.email}</p>
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
      <p className="mt-4 text-sm text-muted">{t('confirmEmail.warning')}</p>
    </>
  )
}

function Done({ isChanged, change }: { isChanged: boolean; change: MailedEmailChange }) {
  const { t } = useI18n()
  if (!isChanged)
    return <PageHeading title={t('confirmEmail.confirmedTitle')}>{t('confirmEmail.confirmed')}</PageHeading>
  return (
    <>
      <PageHeading title={t('confirmEmail.changedTitle')}>
        {t('confirmEmail.changed', { email: isolate(change.email) })}
      </PageHeading>
      <p className="mt-4">
        <TextLink to="/account">{t('confirmEmail.goOn')}</TextLink>
      </p>
    </>
  )
}

/** Nobody confirms an address that they cannot see. */
function Unread() {
  const { t } = useI18n()
  const router = useRouter()
  return (
    <>
      <PageHeading title={t('confirmEmail.title')}>{t('confirmEmail.unread')}</PageHeading>
      <Button look="primary" onClick={() => void router.invalidate()} className="mt-6">
        {t('common.tryAgain')}
      </Button>
    </>
  )
}

function DeadLink() {
  const { t } = useI18n()
  return (
    <>
      <PageHeading title={t('reset.deadTitle')}>{t('confirmEmail.dead')}</PageHeading>
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
