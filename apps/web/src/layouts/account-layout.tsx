import { DevicesProvider } from '@rollcall/react'
import { useMutation } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { type ReactNode, useEffect, useEffectEvent, useLayoutEffect, useState } from 'react'
import { auth } from '../api/auth.js'
import { toProblem } from '../api/problem.js'
import { useApi } from '../api/trpc.js'
import { useSession } from '../features/session/session.js'
import { useAccount } from '../features/session/use-account.js'
import { useI18n } from '../i18n/i18n-provider.js'
import { isolate } from '../i18n/isolate.js'
import { ownTimeZone } from '../i18n/own-time-zone.js'
import { describeProblem } from '../i18n/problem.js'
import { words } from '../i18n/words.js'
import { Message } from '../ui/message.js'
import { useToast } from '../ui/toasts.js'
import { useGuarded } from '../ui/use-guarded.js'
import { AccountHeader } from './account-header.js'
import { ActionProblem } from './action-problem.js'
import { LanguageSwitch } from './language-switch.js'
import { OutagePage } from './outage-page.js'
import { PageProblem } from './page-problem.js'
import { SkipLink } from './skip-link.js'
import { usePreload } from './use-preload.js'

export function AccountLayout() {
  const { t } = useI18n()
  const session = useSession()
  const current = useAccount()
  // Refused and on the way to the sign-in page: from here on nothing of the account is shown.
  const refused = current.isError && toProblem(current.error).kind === 'unauthorized'
  const account = refused ? undefined : current.data
  const api = useApi()
  const [signOutFailure, setSignOutFailure] = useState<ReactNode>(null)
  const changes = useAccountChanges(account)
  const saveLanguage = useSaveLanguage()
  usePreload('account')

  const signOut = useGuarded(async () => {
    setSignOutFailure(null)
    try {
      await auth.signOut()
    } catch (error) {
      session.handleError(error)
      setSignOutFailure(describeProblem(toProblem(error)))
      return
    }
    await session.end({ notice: 'signed-out' })
  })

  return (
    <DevicesProvider
      client={api.devices}
      sessionId={account?.id}
      onEnded={(sessionEnd) => void session.handleEnd(sessionEnd)}
    >
      <SkipLink />
      <AccountHeader user={account?.user} signOut={signOut} />
      {/* So tall that the footer is below the window while a list is on its way, and is not seen to move when it comes. */}
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto min-h-[calc(100dvh-6rem)] max-w-3xl px-4 pt-6 pb-16 sm:px-6 sm:pt-10"
      >
        {signOutFailure && (
          <Message look="bad" className="mb-6">
            <p className="font-semibold">{t('layout.stillSignedIn')}</p>
            <p>{signOutFailure}</p>
          </Message>
        )}
        <PageProblem />
        {refused ? null : current.isError && !account ? (
          <OutagePage error={current.error} retrying={current.isFetching} />
        ) : (
          <ActionProblem sessionId={account?.id}>
            <Outlet key={changes} />
          </ActionProblem>
        )}
      </main>
      <footer className="mx-auto max-w-3xl px-4 pb-10 sm:px-6">
        <LanguageSwitch onChoose={saveLanguage} />
      </footer>
    </DevicesProvider>
  )
}

/** Mails to the account come in the language that is chosen on its pages, with times of the zone that it is chosen in. */
function useSaveLanguage(): (language: string) => void {
  const session = useSession()
  const showToast = useToast()
  const api = useApi()
  const { mutate } = useMutation({
    mutationFn: (language: string) => api.account.setLanguage.mutate({ language, timeZone: ownTimeZone() }),
    onError(error) {
      session.handleError(error)
      showToast(
        describeProblem(
          toProblem(error),
          words((t) => t('layout.languageNotSaved')),
        ),
        true,
      )
    },
  })
  return mutate
}

/**
 * Counts how often the cookie became another session's, by a sign-in in another window, and announces whose it is. With
 * each, the page begins anew: what was typed or asked was meant for the session before.
 */
function useAccountChanges(account: { id: string; user: { name: string } } | undefined): number {
  const session = useSession()
  const showToast = useToast()
  const [shown, setShown] = useState({ id: account?.id, changes: 0 })
  const id = account?.id
  if (id !== undefined && id !== shown.id) setShown({ id, changes: shown.id === undefined ? 0 : shown.changes + 1 })
  const announce = useEffectEvent(() => {
    if (account && shown.changes > 0)
      showToast(words((t) => t('layout.signedInAs', { name: isolate(account.user.name) })))
  })

  // Before the effects of the page below, which may call the API for this session.
  useLayoutEffect(() => {
    if (id !== undefined) session.confirm(id)
  }, [id, session])
  useEffect(() => announce(), [shown.changes])
  return shown.changes
}
