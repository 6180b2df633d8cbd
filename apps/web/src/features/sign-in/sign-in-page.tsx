import { useLocation } from '@tanstack/react-router'
import { type ComponentType, type ReactNode, useEffect, useRef, useState } from 'react'
import { auth, AuthFailure } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { CheckBox } from '../../ui/check-box.js'
import { text, useForm } from '../../ui/form.js'
import { Message } from '../../ui/message.js'
import { PageHeading } from '../../ui/page-heading.js'
import { TextLink } from '../../ui/text-link.js'
import { useNow } from '../../ui/use-now.js'
import { useChallenge } from '../challenge/use-challenge.js'
import { emailError, explainFailure, fieldErrors } from '../forms/auth-errors.js'
import { EmailField } from '../forms/email-field.js'
import { PasswordField } from '../forms/password-field.js'
import { PasskeySignIn } from '../passkeys/passkey-sign-in.js'
import { ProviderSignIn } from '../providers/provider-sign-in.js'
import type { CodeStepProps } from '../second-factor/code-step.js'
import { loadCodeStep } from '../second-factor/load-code-step.js'
import { type Notice, type SignInState, useSession } from '../session/session.js'
import { describeEnd } from './describe-end.js'

const looks: Record<Notice, 'info' | 'good'> = {
  ended: 'info',
  'signed-out': 'good',
  everywhere: 'good',
  reset: 'good',
  deleted: 'good',
}

/** Its second step takes its place for an account with a second factor. */
export function SignInPage() {
  const session = useSession()
  const returnTo = useLocation({ select: ({ state }: { state: SignInState }) => state.returnTo })
  const [Step, setStep] = useState<ComponentType<CodeStepProps> | null>(null)
  const [back, setBack] = useState<Back | null>(null)

  return (
    <>
      <SignedInElsewhere />
      {Step === null ? (
        <PasswordStep
          back={back}
          onCodeAsked={(typed, loaded) => {
            setBack({ ...typed, reason: null })
            setStep(() => loaded)
          }}
        />
      ) : (
        <Step
          onSignedIn={() => session.begin(returnTo)}
          onBack={(reason) => {
            setBack((before) => before && { ...before, reason })
            setStep(null)
          }}
        />
      )}
    </>
  )
}

/** From the second step to the first. */
interface Back {
  readonly email: string
  readonly rememberMe: boolean
  /** Why, in words; `null` for a person who went back. */
  readonly reason: ReactNode
}

interface PasswordStepProps {
  back: Back | null
  onCodeAsked: (typed: Omit<Back, 'reason'>, Step: ComponentType<CodeStepProps>) => void
}

function PasswordStep({ back, onCodeAsked }: PasswordStepProps) {
  const { t } = useI18n()
  const session = useSession()
  const { notice, returnTo } = useLocation({ select: ({ state }): SignInState => state })
  const email = useRef<HTMLInputElement>(null)
  const challenge = useChallenge()
  const [rememberMe, setRememberMe] = useState(back?.rememberMe ?? true)
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({
        email: emailError(text(data, 'email')),
        password: text(data, 'password') === '' ? words((t) => t('fields.enterPassword')) : undefined,
      }),
    submit: async (data) => {
      const input = { email: text(data, 'email'), password: text(data, 'password'), rememberMe }
      let isCodeAsked = false
      const isMade = await challenge.pass(async (solution) => {
        isCodeAsked = await auth.signIn(input, solution)
      })
      if (isCodeAsked) onCodeAsked({ email: input.email, rememberMe }, await loadCodeStep())
      else if (isMade) await session.begin(returnTo)
    },
    explain: (error) =>
      error instanceof AuthFailure && error.status === 401
        ? { summary: words((t) => t('signIn.wrong')) }
        : explainFailure(error),
  })

  return (
    <>
      <Notices back={back} />
      <PageHeading
        title={t('signIn.title')}
        describedBy={(back === null ? notice : back.reason) ? 'notice' : undefined}
      />
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        {challenge.notice}
        <EmailField ref={email} error={errors['email']} defaultValue={back?.email} autoComplete="username webauthn" />
        <PasswordField
          name="password"
          label={t('fields.password')}
          autoComplete="current-password"
          error={errors['password']}
        />
        <div className="-mt-2 flex flex-wrap items-center justify-between gap-x-4">
          <CheckBox name="rememberMe" label={t('signIn.remember')} checked={rememberMe} onChange={setRememberMe} />
          <TextLink to="/forgot-password" state={() => ({ email: email.current?.value ?? '' })}>
            {t('signIn.forgot')}
          </TextLink>
        </div>
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('signIn.busy') : t('signIn.submit')}
        </Button>
      </form>
      <OtherWays rememberMe={rememberMe} returnTo={returnTo} />
    </>
  )
}

/** Without a password. */
function OtherWays(props: { rememberMe: boolean; returnTo: SignInState['returnTo'] }) {
  const session = useSession()
  return (
    <>
      <PasskeySignIn rememberMe={props.rememberMe} onSignedIn={() => session.begin(props.returnTo)} />
      <ProviderSignIn {...props} />
      <CreateAccount returnTo={props.returnTo} />
    </>
  )
}

function CreateAccount({ returnTo }: { returnTo: SignInState['returnTo'] | undefined }) {
  const { t } = useI18n()
  return (
    <p className="mt-4 text-[0.9375rem] text-muted">
      {t('signIn.newHere')}{' '}
      <TextLink to="/sign-up" state={() => ({ ...(returnTo && { returnTo }) })}>
        {t('signIn.create')}
      </TextLink>
    </p>
  )
}

/** Why the page is shown: where the person comes from, or why a sign-in begins anew. */
function Notices({ back }: { back: Back | null }) {
  const { notice, sessionEnd, revoked } = useLocation({ select: ({ state }): SignInState => state })
  if (back === null) return notice && <SignInNotice notice={notice} sessionEnd={sessionEnd} revoked={revoked} />
  if (back.reason === null) return null
  return (
    <Message look="bad" id="notice" className="mb-6">
      {back.reason}
    </Message>
  )
}

interface SignInNoticeProps {
  notice: Notice
  sessionEnd: SignInState['sessionEnd'] | undefined
  revoked: number | undefined
}

function SignInNotice({ notice, sessionEnd, revoked }: SignInNoticeProps) {
  const i18n = useI18n()
  const { t } = i18n
  const now = useNow()
  return (
    <Message look={looks[notice]} id="notice" className="mb-6">
      {notice === 'ended' && sessionEnd ? describeEnd(i18n, sessionEnd, now) : t(`signIn.notice.${notice}`)}
      {revoked !== undefined && ` ${t('signIn.everywhereDone', { count: revoked })}`}
    </Message>
  )
}

/** Leaves what is typed here alone: it may be another person's. */
function SignedInElsewhere() {
  const { t } = useI18n()
  const session = useSession()
  const [elsewhere, setElsewhere] = useState(false)
  useEffect(() => session.onSignedInElsewhere(() => setElsewhere(true)), [session])
  if (!elsewhere) return null
  return (
    <Message look="info" className="mb-6">
      {t('signIn.elsewhere')} <TextLink to="/">{t('signIn.goOn')}</TextLink>
    </Message>
  )
}
