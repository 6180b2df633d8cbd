import { useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { AuthFailure, callAuth } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { PageHeading } from '../../ui/page-heading.js'
import { TextLink } from '../../ui/text-link.js'
import { useToast } from '../../ui/toasts.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { dropPendingAction, provePendingAction } from '../session/pending-action.js'
import { type AccountPath, accountPathOf, useSession } from '../session/session.js'
import { explainProvider } from './explain.js'

interface Done {
  purpose: 'sign-in' | 'link' | 'prove'
  returnTo: AccountPath
}

/** The page that a provider leads back to. It hands the answer to the server, and goes on to the page that asked. */
export function ProviderPage() {
  const { t } = useI18n()
  const { provider } = useParams({ from: '/public/provider/$provider' })
  const continueWith = useContinue()
  const [failure, setFailure] = useState<{ error: unknown; isDropped: boolean } | null>(null)
  const { run, busy } = useGuarded(async () => {
    setFailure(null)
    try {
      await continueWith(await sendAnswer(provider))
    } catch (error) {
      setFailure({ error, isDropped: !mayBeRepeated(error) && dropPendingAction() })
    }
  })
  const begin = useEffectEvent(() => void run())
  const hasBegun = useRef(false)
  useEffect(() => {
    if (!hasBegun.current) begin() // an answer works once
    hasBegun.current = true
  }, [])

  if (failure === null) return <PageHeading title={t('providers.wait')} />
  return (
    <>
      <PageHeading title={t('providers.failedTitle')} />
      <Message look="bad" className="mt-5">
        {explainProvider(failure.error)} {failure.isDropped && t('providers.notDone')}
      </Message>
      <div className="mt-5 flex flex-wrap items-center gap-x-5 gap-y-2">
        {mayBeRepeated(failure.error) && (
          <Button busy={busy} onClick={() => void run()}>
            {t('common.tryAgain')}
          </Button>
        )}
        <TextLink to="/">{t('providers.back')}</TextLink>
      </div>
    </>
  )
}

/** After an outage. Any other refusal has used the answer up. */
function mayBeRepeated(error: unknown): boolean {
  return error instanceof AuthFailure && (error.status === undefined || error.status === 503 || error.status === 429)
}

async function sendAnswer(provider: string): Promise<Done> {
  const answer = new URLSearchParams(window.location.search)
  const body = Object.fromEntries(
    ['state', 'code', 'iss', 'error'].map((name) => [name, answer.get(name) ?? undefined]),
  )
  const done = (await callAuth(`/oauth2/callback/${encodeURIComponent(provider)}`, body)) as Done // of our own endpoint
  return { ...done, returnTo: accountPathOf(done.returnTo) ?? '/' }
}

function useContinue() {
  const session = useSession()
  const navigate = useNavigate()
  const showToast = useToast()
  return async ({ purpose, returnTo }: Done) => {
    if (purpose === 'sign-in') return session.begin(returnTo)
    const goesOn = purpose === 'prove' && provePendingAction()
    await navigate({ to: returnTo, replace: true })
    // An action that goes on has words of its own.
    if (!goesOn) showToast(words((t) => t(purpose === 'link' ? 'providers.linked' : 'providers.proved')))
    return undefined
  }
}
