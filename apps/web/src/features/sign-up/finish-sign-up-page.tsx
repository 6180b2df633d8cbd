import { useLoaderData, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { CheckBox } from '../../ui/check-box.js'
import { EmailAddress } from '../../ui/email-address.js'
import { useForm } from '../../ui/form.js'
import { DeadLink } from '../problems/dead-link.js'
import { PageHeading } from '../../ui/page-heading.js'
import { TextLink } from '../../ui/text-link.js'
import { fieldErrors } from '../forms/auth-errors.js'
import { explainNewPassword } from '../forms/password-rules.js'
import { UnreadLink } from '../problems/unread-link.js'
import { type AccountPath, useSession } from '../session/session.js'
import { AccountFields, nameError, newAccountOf, passwordError } from './account-fields.js'
import { finishSignUp } from './calls.js'

/** The page of the mailed link. Opening it creates nothing: programs that check mails open links too. */
export function FinishSignUpPage() {
  const { t } = useI18n()
  const { token, returnTo } = useSearch({ from: '/public/finish-sign-up' })
  const link = useLoaderData({ from: '/public/finish-sign-up' })
  /** The address of the created account. The link is used up by then, so nothing asked of it later counts. */
  const [createdFor, setCreatedFor] = useState<string | null>(null)
  const [isDead, setIsDead] = useState(false)
  const email = createdFor ?? (link.works ? link.signUp?.email : undefined)
  if (token === undefined || isDead || (createdFor === null && !link.works))
    return (
      <DeadLink reason={t('finishSignUp.dead')}>
        <TextLink to="/sign-up" state={returnTo ? { returnTo } : {}}>
          {t('reset.again')}
        </TextLink>
        <TextLink to="/sign-in" state={returnTo ? { returnTo } : {}}>
          {t('signUp.signIn')}
        </TextLink>
      </DeadLink>
    )
  if (email === undefined) return <UnreadLink title={t('finishSignUp.title')} />
  return (
    <AccountForm
      token={token}
      email={email}
      returnTo={returnTo}
      onCreated={() => setCreatedFor(email)}
      onDead={() => setIsDead(true)}
    />
  )
}

interface AccountFormProps {
  token: string
  email: string
  returnTo: AccountPath | undefined
  onCreated: () => void
  onDead: () => void
}

function AccountForm({ token, email, returnTo, onCreated, onDead }: AccountFormProps) {
  const { t } = useI18n()
  const session = useSession()
  const [rememberMe, setRememberMe] = useState(true)
  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ name: nameError(data), password: passwordError(data) }),
    submit: async (data) => {
      await finishSignUp({ token, ...newAccountOf(data), rememberMe })
      onCreated()
      await session.begin(returnTo)
    },
    explain: (error) => {
      if (error instanceof AuthFailure && error.code === 'INVALID_TOKEN') onDead()
      return explainNewPassword(error, 'password')
    },
  })

  return (
    <>
      <PageHeading title={t('finishSignUp.title')}>{t('finishSignUp.intro')}</PageHeading>
      <p className="mt-3 text-lg font-semibold wrap-anywhere">
        <EmailAddress>{email}</EmailAddress>
      </p>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <AccountFields errors={errors}>
          {/* Names the account of this password to password managers. */}
          <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        </AccountFields>
        <CheckBox name="rememberMe" label={t('signIn.remember')} checked={rememberMe} onChange={setRememberMe} />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('signUp.busy') : t('signUp.submit')}
        </Button>
      </form>
      <p className="mt-4 text-sm text-muted">{t('finishSignUp.warning')}</p>
    </>
  )
}
