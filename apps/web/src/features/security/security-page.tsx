import { useLocation } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { auth, AuthFailure } from '../../api/auth.js'
import { useAreWaysInPending, usePassword } from '../../api/ways-in.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { I18n } from '../../i18n/i18n.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { text, useForm } from '../../ui/form.js'
import { Message } from '../../ui/message.js'
import { SuccessMessage } from '../../ui/success-message.js'
import { useNow } from '../../ui/use-now.js'
import { PageHeading } from '../../ui/page-heading.js'
import { Section } from '../../ui/section.js'
import { TextLink } from '../../ui/text-link.js'
import { fieldErrors } from '../forms/auth-errors.js'
import { NewPasswordField } from '../forms/new-password-field.js'
import { PasswordField } from '../forms/password-field.js'
import { explainNewPassword, newPasswordError } from '../forms/password-rules.js'
import { PasskeysSection } from './passkeys-section.js'
import { ProvidersSection } from './providers-section.js'
import { SecondFactorSection } from './second-factor-section.js'
import { AccountSkeleton } from '../session/account-skeleton.js'
import { useSession } from '../session/session.js'
import { useAccount } from '../session/use-account.js'
import { RemovePassword } from './remove-password.js'
import { SetPassword } from './set-password.js'

export function SecurityPage() {
  const { t } = useI18n()
  // Asks although the header knows the person: to come to this page is to be checked.
  const { data } = useAccount()
  const areWaysInPending = useAreWaysInPending()
  const notMe = useLocation({ select: ({ state }) => state.notMe })

  return (
    <>
      {notMe !== undefined && (
        <Message look="good" id="not-me" className="mb-6">
          {t('security.notMe', { device: notMe })}
        </Message>
      )}
      <PageHeading title={t('security.title')} describedBy={notMe && 'not-me'}>
        {t('security.intro')}
      </PageHeading>
      {/* All at once: a section that came later would move those below it. */}
      {data && !areWaysInPending ? (
        <>
          <PasswordSection email={data.user.email} />
          <SecondFactorSection />
          <PasskeysSection />
          <ProvidersSection />
        </>
      ) : (
        <AccountSkeleton />
      )}
    </>
  )
}

function PasswordSection({ email }: { email: string }) {
  const i18n = useI18n()
  const { t } = i18n
  const now = useNow()
  const { data: password } = usePassword()
  // Without an answer, the account is taken to have one, as nearly every account does.
  const hasPassword = password !== null
  /** A message about a password that was set or removed. */
  const [done, setDone] = useState<ReactNode>(null)
  const success = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (done !== null) success.current?.focus() // what was pressed is gone
  }, [done])
  return (
    <Section
      title={t('fields.password')}
      state={hasPassword ? usedAt(i18n, password?.lastUsedAt, now) : t('security.notSet')}
      means={t(hasPassword ? 'security.means' : 'security.setMeans')}
    >
      <SuccessMessage ref={success}>{done}</SuccessMessage>
      {hasPassword ? (
        <>
          <ChangePassword email={email} />
          <RemovePassword onRemoved={setDone} />
        </>
      ) : (
        <SetPassword email={email} onSet={() => setDone(words((t) => t('security.setDone')))} />
      )}
    </Section>
  )
}

/** @param at `undefined`: not known yet */
function usedAt(i18n: I18n, at: string | null | undefined, now: number): string | null {
  if (at === undefined) return null
  return at === null ? i18n.t('security.isSet') : i18n.t('security.lastUsed', { when: i18n.shortTime(at, now) })
}

function ChangePassword({ email }: { email: string }) {
  const { t } = useI18n()
  const { form, element, errors, summary, busy, changed } = usePasswordChange()
  return (
    <>
      {changed && (
        <Message look="good" className="mt-5">
          {t('security.done')}
        </Message>
      )}
      <form {...form} ref={element} className="mt-5 grid gap-5">
        {summary}
        {/* Names the account of this password to password managers. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <PasswordField
          name="currentPassword"
          label={t('security.currentPassword')}
          autoComplete="current-password"
          error={errors['currentPassword']}
        />
        <NewPasswordField name="newPassword" label={t('fields.newPassword')} error={errors['newPassword']} />
        <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
          <Button type="submit" look="primary" busy={busy}>
            {busy ? t('security.busy') : t('security.submit')}
          </Button>
          <TextLink to="/forgot-password" state={{ email }}>
            {t('security.forgot')}
          </TextLink>
        </div>
      </form>
    </>
  )
}

function usePasswordChange() {
  const session = useSession()
  const [changed, setChanged] = useState(false)
  const element = useRef<HTMLFormElement>(null)

  const form = useForm({
    check: (data) => {
      setChanged(false)
      return fieldErrors({
        currentPassword:
          text(data, 'currentPassword') === '' ? words((t) => t('security.enterCurrentPassword')) : undefined,
        newPassword: newPasswordError(text(data, 'newPassword')),
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
      session.handleError(error)
      if (error instanceof AuthFailure && error.code === 'INVALID_PASSWORD') {
        return { fields: { currentPassword: words((t) => t('security.notCurrentPassword')) } }
      }
      return explainNewPassword(error)
    },
  })

  return { ...form, element, changed }
}
