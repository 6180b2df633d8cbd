import { useLocation, useSearch } from '@tanstack/react-router'
import { auth, AuthFailure } from '../auth.js'
import { type Notice, useSession } from '../session.js'
import { Button } from '../ui/button.js'
import { Field, PasswordField } from '../ui/field.js'
import { text, useForm } from '../ui/form.js'
import { Message } from '../ui/message.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { useNow } from '../ui/use-now.js'
import { endingWords, unknownEnding } from '../words/ending.js'
import { explainFailure, fieldErrors, wrongWithEmail } from '../words/auth-errors.js'

const notices: Record<Notice, { look: 'info' | 'good'; words: string }> = {
  ended: { look: 'info', words: unknownEnding },
  'signed-out': { look: 'good', words: 'You are signed out on this device.' },
  everywhere: { look: 'good', words: 'You were signed out on all devices, this one too.' },
  reset: {
    look: 'good',
    words: 'Your password was changed and all devices were signed out. Sign in with your new password.',
  },
}

export function SignInPage() {
  const session = useSession()
  const { notice } = useSearch({ from: '/public/sign-in' })
  const ending = useLocation({ select: ({ state }) => state.ending })
  const now = useNow()
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({
        email: wrongWithEmail(text(data, 'email')),
        password: text(data, 'password') === '' ? 'Enter your password.' : undefined,
      }),
    submit: async (data) => {
      await auth.signIn({
        email: text(data, 'email'),
        password: text(data, 'password'),
        rememberMe: data.has('rememberMe'),
      })
      await session.begin()
    },
    explain: (error) =>
      error instanceof AuthFailure && error.status === 401
        ? { summary: 'The e-mail address or the password is not right.' }
        : explainFailure(error),
  })

  return (
    <>
      {notice && (
        <Message look={notices[notice].look} id="notice" className="mb-6">
          {notice === 'ended' && ending ? endingWords(ending, now) : notices[notice].words}
        </Message>
      )}
      <PageHeading title="Sign in" describedBy={notice && 'notice'} />
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
        <PasswordField name="password" label="Password" autoComplete="current-password" error={errors['password']} />
        <div className="-mt-2 flex flex-wrap items-center justify-between gap-x-4">
          <label className="inline-flex min-h-11 cursor-pointer items-center gap-2.5 text-[0.9375rem]">
            <input type="checkbox" name="rememberMe" defaultChecked className="size-5 accent-accent" />
            Keep me signed in
          </label>
          <TextLink to="/forgot-password">Forgot your password?</TextLink>
        </div>
        <Button type="submit" look="primary" busy={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
      <p className="mt-4 text-[0.9375rem] text-muted">
        New here? <TextLink to="/sign-up">Create an account</TextLink>
      </p>
    </>
  )
}
