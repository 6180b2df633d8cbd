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
import { PASSWORD_HINT, wrongWithNewPassword } from '../words/password.js'

export function ResetPasswordPage() {
  // A link that the API found dead brings `error` in place of `token`.
  const { token } = useSearch({ from: '/public/reset-password' })
  const [dead, setDead] = useState(false)
  if (token === undefined || dead) return <DeadLink />
  return <NewPasswordForm token={token} onDead={() => setDead(true)} />
}

function NewPasswordForm({ token, onDead }: { token: string; onDead: () => void }) {
  const session = useSession()
  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ newPassword: wrongWithNewPassword(text(data, 'newPassword')) }),
    submit: async (data) => {
      await auth.resetPassword({ newPassword: text(data, 'newPassword'), token })
      await session.end('reset')
    },
    explain: (error) => {
      if (error instanceof AuthFailure && error.code === 'INVALID_TOKEN') onDead()
      return explainFailure(error, 'newPassword')
    },
  })

  return (
    <>
      <PageHeading title="Choose a new password">
        Every device that is signed in to your account will be signed out.
      </PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <PasswordField
          name="newPassword"
          label="New password"
          autoComplete="new-password"
          hint={PASSWORD_HINT}
          error={errors['newPassword']}
        />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? 'Saving…' : 'Save new password'}
        </Button>
      </form>
    </>
  )
}

function DeadLink() {
  return (
    <>
      <PageHeading title="This link does not work any more">
        It was used already, or too much time has passed. Your password has not changed.
      </PageHeading>
      <p className="mt-4">
        <TextLink to="/forgot-password">Get a new link</TextLink>
      </p>
    </>
  )
}
