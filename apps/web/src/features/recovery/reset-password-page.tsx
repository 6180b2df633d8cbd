import { useLoaderData, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { auth, AuthFailure } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { text, useForm } from '../../ui/form.js'
import { DeadLink } from '../problems/dead-link.js'
import { PageHeading } from '../../ui/page-heading.js'
import { TextLink } from '../../ui/text-link.js'
import { fieldErrors } from '../forms/auth-errors.js'
import { NewPasswordField } from '../forms/new-password-field.js'
import { explainNewPassword, newPasswordError } from '../forms/password-rules.js'
import { useSession } from '../session/session.js'

export function ResetPasswordPage() {
  const { t } = useI18n()
  // A link that the API found dead brings `error` in place of `token`.
  const { token } = useSearch({ from: '/public/reset-password' })
  const { works } = useLoaderData({ from: '/public/reset-password' })
  const [dead, setDead] = useState(false)
  if (token === undefined || !works || dead)
    return (
      <DeadLink reason={t('reset.dead')}>
        <TextLink to="/forgot-password">{t('reset.again')}</TextLink>
      </DeadLink>
    )
  return <NewPasswordForm token={token} onDead={() => setDead(true)} />
}

function NewPasswordForm({ token, onDead }: { token: string; onDead: () => void }) {
  const { t } = useI18n()
  const session = useSession()
  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ newPassword: newPasswordError(text(data, 'newPassword')) }),
    submit: async (data) => {
      await auth.resetPassword({ newPassword: text(data, 'newPassword'), token })
      await session.end({ notice: 'reset' })
    },
    explain: (error) => {
      if (error instanceof AuthFailure && error.code === 'INVALID_TOKEN') onDead()
      return explainNewPassword(error)
    },
  })

  return (
    <>
      <PageHeading title={t('reset.title')}>{t('reset.intro')}</PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <NewPasswordField name="newPassword" label={t('fields.newPassword')} error={errors['newPassword']} />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('reset.busy') : t('reset.submit')}
        </Button>
      </form>
    </>
  )
}
