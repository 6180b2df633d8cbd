import { useLoaderData, useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { PageHeading } from '../../ui/page-heading.js'
import { strongEmail } from '../../ui/strong-email.js'
import { TextLink } from '../../ui/text-link.js'
import { DirectSignUp } from './direct-sign-up.js'
import { RequestLink } from './request-link.js'

/** Which form is shown is the server's decision: by its policy, or by closing the one that was sent. */
export function SignUpPage() {
  const { t } = useI18n()
  const returnTo = useLocation({ select: ({ state }) => state.returnTo })
  const policy = useLoaderData({ from: '/public/sign-up' })
  const [corrected, setCorrected] = useState<typeof policy>(null)
  const [email, setEmail] = useState('')
  const [isSent, setIsSent] = useState(false)
  if (isSent) return <LinkSent email={email} onBack={() => setIsSent(false)} />

  const known = corrected ?? policy
  return (
    <>
      {known?.confirmsAddress === false ? (
        <DirectSignUp
          email={email}
          onClosed={(typed) => {
            setEmail(typed)
            setCorrected({ confirmsAddress: true })
          }}
        />
      ) : (
        <RequestLink
          email={email}
          isCertain={known !== null}
          onTyped={setEmail}
          onSent={() => setIsSent(true)}
          onClosed={() => setCorrected({ confirmsAddress: false })}
        />
      )}
      <p className="mt-4 text-[0.9375rem] text-muted">
        {t('signUp.already')}{' '}
        <TextLink to="/sign-in" state={returnTo ? { returnTo } : {}}>
          {t('signUp.signIn')}
        </TextLink>
      </p>
    </>
  )
}

function LinkSent({ email, onBack }: { email: string; onBack: () => void }) {
  const { t } = useI18n()
  return (
    <>
      <PageHeading title={t('forgot.sentTitle')} />
      <p className="mt-4 text-pretty">{t.rich('signUp.sent', { email, strong: strongEmail(email) })}</p>
      <p className="mt-2 text-sm text-muted">{t('signUp.noMail')}</p>
      <Button onClick={onBack} className="mt-6 w-full">
        {t('signUp.again')}
      </Button>
    </>
  )
}
