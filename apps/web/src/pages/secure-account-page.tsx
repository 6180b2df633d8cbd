import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { auth, AuthFailure } from '../auth.js'
import { Button } from '../ui/button.js'
import { useForm } from '../ui/form.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { explainFailure } from '../words/auth-errors.js'

/** Where the mail about a new device leads. Opening it changes nothing: programs that check mails open links too. */
export function SecureAccountPage() {
  const { token } = useSearch({ from: '/public/secure-account' })
  const [state, setState] = useState<'asking' | 'done' | 'dead'>('asking')
  if (token === undefined || state === 'dead') return <DeadLink />
  if (state === 'done') return <Done />
  return <Question token={token} onDone={() => setState('done')} onDead={() => setState('dead')} />
}

function Question({ token, onDone, onDead }: { token: string; onDone: () => void; onDead: () => void }) {
  const { form, summary, busy } = useForm({
    check: () => ({}),
    submit: async () => {
      await auth.secureAccount({ token })
      onDone()
    },
    explain: (error) => {
      if (error instanceof AuthFailure && error.code === 'INVALID_TOKEN') onDead()
      return explainFailure(error)
    },
  })

  return (
    <>
      <PageHeading title="Was this not you?">Then someone else knows your password. This is what happens next:</PageHeading>
      <ul className="mt-4 list-disc space-y-1.5 pl-5">
        <li>Every device is signed out, yours too.</li>
        <li>Your password stops working at once.</li>
        <li>We send you another e-mail, with a link to choose a new password.</li>
      </ul>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <Button type="submit" look="danger" busy={busy}>
          {busy ? 'Signing out every device…' : 'It was not me: sign out every device'}
        </Button>
      </form>
      <p className="mt-4 text-sm text-muted">This cannot be undone. If it was you after all, just close this page.</p>
    </>
  )
}

function Done() {
  return (
    <>
      <PageHeading title="Every device was signed out">
        Your old password does not work any more. A link to choose a new one is on its way to your e-mail address. It
        works once, within one hour.
      </PageHeading>
      <p className="mt-2 text-sm text-muted">Nothing there after a few minutes? Look in the spam folder.</p>
      <p className="mt-4">
        <TextLink to="/forgot-password">Send another link</TextLink>
      </p>
    </>
  )
}

function DeadLink() {
  return (
    <>
      <PageHeading title="This link does not work any more">
        It was used already, or too much time has passed. If someone else may know your password, choose a new one: that
        signs out every device, too.
      </PageHeading>
      <p className="mt-4">
        <TextLink to="/forgot-password">Choose a new password</TextLink>
      </p>
    </>
  )
}
