import { useLoaderData, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { MailedSignIn, RecentAddition } from '@rollcall/api'
import { auth, AuthFailure } from '../../api/auth.js'
import { deviceName } from '../../i18n/device-name.js'
import type { I18n } from '../../i18n/i18n.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { withPlace } from '../../i18n/place.js'
import { Button } from '../../ui/button.js'
import { type Refusal, useForm } from '../../ui/form.js'
import { Message } from '../../ui/message.js'
import { DeadLink } from '../problems/dead-link.js'
import { PageHeading } from '../../ui/page-heading.js'
import { TextLink } from '../../ui/text-link.js'
import { explainFailure } from '../forms/auth-errors.js'

/** The page that the mail about a new device links to. Opening it changes nothing: programs that check mails open links too. */
export function SecureAccountPage() {
  const { t } = useI18n()
  const { token } = useSearch({ from: '/public/secure-account' })
  const link = useLoaderData({ from: '/public/secure-account' })
  const [state, setState] = useState<'asking' | 'done' | 'dead'>('asking')
  const onDead = () => setState('dead')
  if (token === undefined || !link.works || state === 'dead')
    return (
      <DeadLink reason={t('secure.dead')}>
        <TextLink to="/forgot-password">{t('reset.title')}</TextLink>
      </DeadLink>
    )
  if (state === 'done') return <Done token={token} onDead={onDead} />
  return (
    <Question
      token={token}
      signIn={link.signIn}
      additions={link.additions}
      onDone={() => setState('done')}
      onDead={onDead}
    />
  )
}

interface QuestionProps {
  token: string
  /** `null` where nothing is known of it any more. */
  signIn: MailedSignIn | null
  additions: readonly RecentAddition[] | undefined
  onDone: () => void
  onDead: () => void
}

function Question({ token, signIn, additions = [], onDone, onDead }: QuestionProps) {
  const i18n = useI18n()
  const { t } = i18n
  const { form, summary, busy } = useForm({
    check: () => ({}),
    submit: async () => {
      await auth.secureAccount({ token })
      onDone()
    },
    explain: (error) => explainUnlessDead(error, onDead),
  })

  return (
    <>
      <PageHeading title={t('secure.title')} />
      {signIn && (
        <p className="mt-3 font-medium">
          {t('secure.which', {
            device: deviceName(i18n, signIn),
            where: withPlace(i18n, signIn.place, signIn.ipAddress ?? t('common.addressUnknown')),
            when: i18n.dayAndTime(signIn.at),
          })}
        </p>
      )}
      <p className="mt-3 text-muted">{t('secure.intro')}</p>
      <ul className="mt-4 list-disc space-y-1.5 pl-5">
        <li>{t('secure.first')}</li>
        <li>{t('secure.second')}</li>
        <li>{t('secure.third')}</li>
        {additions.length > 0 && (
          <li>
            {t('secure.removes')}
            <ul className="mt-1.5 list-[circle] space-y-1 pl-5">
              {additions.map((addition, at) => (
                <li key={at} className="break-words">
                  {nameOfAddition(i18n, addition)}
                </li>
              ))}
            </ul>
          </li>
        )}
      </ul>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <Button type="submit" look="danger" busy={busy}>
          {busy ? t('secure.busy') : t('secure.submit')}
        </Button>
      </form>
      <p className="mt-4 text-sm text-muted">{t('secure.warning')}</p>
    </>
  )
}

function nameOfAddition({ t }: I18n, addition: RecentAddition): string {
  switch (addition.kind) {
    case 'passkey':
      return addition.name === null ? t('secure.passkey') : t('secure.namedPasskey', { name: addition.name })
    case 'provider':
      return t('secure.provider', { provider: addition.name })
    case 'second-factor':
      return t('secondFactor.title')
  }
}

function explainUnlessDead(error: unknown, onDead: () => void): Refusal {
  if (error instanceof AuthFailure && error.code === 'INVALID_TOKEN') onDead()
  return explainFailure(error)
}

/** It sends further mails by the token of the link. Strangers may have used up those that anybody can ask for. */
function Done({ token, onDead }: { token: string; onDead: () => void }) {
  const { t } = useI18n()
  const [isSent, setSent] = useState(false)
  const { form, summary, busy } = useForm({
    check: () => ({}),
    submit: async () => {
      setSent(false)
      await auth.sendSecureAccountLink({ token })
      setSent(true)
    },
    explain: (error) => explainUnlessDead(error, onDead),
  })

  return (
    <>
      <PageHeading title={t('secure.doneTitle')}>{t('secure.done')}</PageHeading>
      <p className="mt-2 text-sm text-muted">{t('forgot.spam')}</p>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        {isSent && <Message look="good">{t('secure.anotherSent')}</Message>}
        <Button type="submit" busy={busy}>
          {busy ? t('forgot.busy') : t('secure.another')}
        </Button>
      </form>
    </>
  )
}
