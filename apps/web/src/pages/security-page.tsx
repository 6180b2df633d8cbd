import { useRef, useState } from 'react'
import { auth, AuthFailure } from '../auth.js'
import { useSession } from '../session.js'
import { trpc } from '../trpc.js'
import { Button } from '../ui/button.js'
import { PasswordField } from '../ui/field.js'
import { text, useForm } from '../ui/form.js'
import { Message } from '../ui/message.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { explainFailure, fieldErrors } from '../words/auth-errors.js'
import { PASSWORD_HINT, wrongWithNewPassword } from '../words/password.js'

export function SecurityPage() {
  const session = useSession()
  // Asks although the header knows the person: to come to this page is to be checked.
  const { data } = trpc.session.current.useQuery()
  const [changed, setChanged] = useState(false)
  const element = useRef<HTMLFormElement>(null)

  const { form, errors, summary, busy } = useForm({
    check: (data) => {
      setChanged(false)
      return fieldErrors({
        currentPassword: text(data, 'currentPassword') === '' ? 'Enter your current password.' : undefined,
        newPassword: wrongWithNewPassword(text(data, 'newPassword')),
      })
    },
    submit: async (data) => {
      await auth.changePassword({
        currentPassword: text(data, 'currentPassword'),
        newPassword: text(data, 'newPassword'),
      })
      element.current?.reset()
      setChanged(true)
    },
    explain: (error) => {
      if (error instanceof AuthFailure) {
        if (error.status === 401) void session.refused()
        if (error.code === 'INVALID_PASSWORD')
          return { fields: { currentPassword: 'This is not your current password.' } }
      }
      return explainFailure(error, 'newPassword')
    },
  })

  return (
    <>
      <PageHeading title="Security">Change the password that you sign in with.</PageHeading>
      <section
        aria-labelledby="change-password"
        className="mt-6 max-w-xl rounded-2xl border border-line bg-surface p-4 shadow-card sm:p-6"
      >
        <h2 id="change-password" className="text-lg font-semibold">
          Change password
        </h2>
        <p className="mt-1 text-[0.9375rem] text-muted">
          Your other devices will be signed out. This one stays signed in.
        </p>
        {changed && (
          <Message look="good" className="mt-5">
            Your password was changed. Your other devices were signed out, and this one stays signed in.
          </Message>
        )}
        <form {...form} ref={element} className="mt-5 grid gap-5">
          {summary}
          {/* Tells password managers whose password this is. */}
          <input type="text" name="username" autoComplete="username" value={data?.user.email ?? ''} readOnly hidden />
          <PasswordField
            name="currentPassword"
            label="Current password"
            autoComplete="current-password"
            error={errors['currentPassword']}
          />
          <PasswordField
            name="newPassword"
            label="New password"
            autoComplete="new-password"
            hint={PASSWORD_HINT}
            error={errors['newPassword']}
          />
          <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
            <Button type="submit" look="primary" busy={busy}>
              {busy ? 'Changing your password…' : 'Change password'}
            </Button>
            <TextLink to="/forgot-password">Forgot your password?</TextLink>
          </div>
        </form>
      </section>
    </>
  )
}
