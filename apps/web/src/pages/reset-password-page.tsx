import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { auth, AuthFailure } from '../auth.js'
import { useSession } from '../session.js'
import { Button } from '../ui/button.js'
import { PasswordField } from '../ui/field.js'
import { text, useForm } from '../ui/form.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { explainFailure, fieldErrors } from '../words/auth-errors.js'
import { passwordHint, wrongWithNewPassword } from '../words/password.js'
import { useWords } from '../words/use-words.js'

export function ResetPasswordPage() {
  // A link that the API found dead brings `error` in place of `token`.
  const { token } = useSearch({ from: '/public/reset-password' })
  const [dead, setDead] = useState(false)
  if (token === undefined || dead) return <DeadLink />
  return <NewPasswordForm token={token} onDead={() => setDead(true)} />
}

function NewPasswordForm({ token, onDead }: { token: string; onDead: () => void }) {
  const words = useWords()
  const { t } = words
  const session = useSession()
  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ newPassword: wrongWithNewPassword(words, text(data, 'newPassword')) }),
    submit: async (data) => {
      await auth.resetPassword({ newPassword: text(data, 'newPassword'), token })
      await session.end('reset')
    },
    explain: (error) => {
      if (error instanceof AuthFailure && error.code === 'INVALID_TOKEN') onDead()
      return explainFailure(words, error, 'newPassword')
    },
  })

  return (
    <>
      <PageHeading title={t('reset.title')}>{t('reset.intro')}</PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <PasswordField
          name="newPassword"
          label={t('fields.newPassword')}
          autoComplete="new-password"
          hint={passwordHint(words)}
          error={errors['newPassword']}
        />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('reset.busy') : t('reset.submit')}
        </Button>
      </form>
    </>
  )
}

function DeadLink() {
  const { t } = useWords()
  return (
    <>
      <PageHeading title={t('reset.deadTitle')}>{t('reset.dead')}</PageHeading>
      <p className="mt-4">
        <TextLink to="/forgot-password">{t('reset.again')}</TextLink>
      </p>
    </>
  )
}
