import { useState } from 'react'
import { auth } from '../auth.js'
import { Button } from '../ui/button.js'
import { Field } from '../ui/field.js'
import { text, useForm } from '../ui/form.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { explainFailure, fieldErrors, wrongWithEmail } from '../words/auth-errors.js'

export function ForgotPasswordPage() {
  const [sentTo, setSentTo] = useState<string | null>(null)
  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ email: wrongWithEmail(text(data, 'email')) }),
    submit: async (data) => {
      const email = text(data, 'email')
      await auth.requestPasswordReset({ email })
      setSentTo(email)
    },
    explain: explainFailure,
  })

  if (sentTo !== null) {
    return (
      <>
        <PageHeading title="Check your e-mail" />
        <p className="mt-4 text-pretty">
          If <strong className="font-semibold break-all">{sentTo}</strong> has an account, a link to choose a new
          password is on its way. It works once and only for a limited time.
        </p>
        <p className="mt-2 text-sm text-muted">Nothing there after a few minutes? Look in the spam folder.</p>
        <p className="mt-4">
          <TextLink to="/sign-in">Back to sign in</TextLink>
        </p>
      </>
    )
  }

  return (
    <>
      <PageHeading title="Forgot your password?">We will send you a link to choose a new one.</PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <Field
          name="email"
          label="E-mail address"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          error={errors['email']}
        />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? 'Sending…' : 'Send link'}
        </Button>
      </form>
      <p className="mt-4">
        <TextLink to="/sign-in">Back to sign in</TextLink>
      </p>
    </>
  )
}
