import { DevicesProvider } from '@rollcall/react'
import { Link, Outlet } from '@tanstack/react-router'
import { LogOut } from 'lucide-react'
import { useEffect, useState } from 'react'
import { auth } from '../api/auth.js'
import { toProblem } from '../api/problem.js'
import { trpc } from '../api/trpc.js'
import { OutagePage } from '../features/account/outage-page.js'
import { useSession } from '../features/account/session.js'
import { useI18n } from '../i18n/i18n-provider.js'
import { describeProblem } from '../i18n/problem.js'
import { Button } from '../ui/button.js'
import { Logo } from '../ui/logo.js'
import { Message } from '../ui/message.js'
import { useGuarded } from '../ui/use-guarded.js'
import { LanguageSwitch } from './language-switch.js'
import { SkipLink } from './skip-link.js'

export function AccountLayout() {
  const i18n = useI18n()
  const { t } = i18n
  const session = useSession()
  const current = trpc.session.current.useQuery()
  // Refused and on the way to the sign-in page: from here on nothing of the account is shown.
  const refused = current.isError && toProblem(current.error).kind === 'unauthorized'
  const user = refused ? undefined : current.data?.user
  const sessionId = refused ? undefined : current.data?.id
  const { client } = trpc.useUtils()
  const [signOutFailure, setSignOutFailure] = useState<string | null>(null)

  useEffect(() => {
    if (sessionId !== undefined) session.confirmed(sessionId)
  }, [sessionId, session])

  const signOut = useGuarded(async () => {
    setSignOutFailure(null)
    try {
      await auth.signOut()
    } catch (error) {
      setSignOutFailure(describeProblem(i18n, toProblem(error)))
      return
    }
    await session.end('signed-out')
  })

  return (
    <DevicesProvider client={client.devices} sessionId={sessionId} onEnded={(ending) => void session.ended(ending)}>
      <SkipLink />
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-3xl flex-wrap items-center gap-x-6 px-4 pt-3 sm:px-6">
          <Link to="/" aria-label="Rollcall" className="inline-flex min-h-11 items-center rounded-lg">
            <Logo />
          </Link>
          <div className="flex min-w-0 flex-1 items-center justify-end gap-4">
            {/* As large before the name is known as after. */}
            <div className="hidden h-10 min-w-0 flex-1 flex-col justify-center text-right text-sm leading-tight sm:flex">
              <Person user={user} />
            </div>
            <Button onClick={() => void signOut.run()} busy={signOut.busy} className="shrink-0">
              {!signOut.busy && <LogOut aria-hidden className="size-4" />}
              {t('layout.signOut')}
            </Button>
          </div>
          <div className="h-10 w-full min-w-0 pt-2 text-sm leading-tight sm:hidden">
            <Person user={user} />
          </div>
          <nav aria-label={t('layout.account')} className="mt-1 w-full">
            <ul className="flex gap-6">
              <NavItem to="/">{t('layout.devices')}</NavItem>
              <NavItem to="/activity">{t('layout.activity')}</NavItem>
              <NavItem to="/security">{t('layout.security')}</NavItem>
            </ul>
          </nav>
        </div>
      </header>
      {/* So tall that the footer is below the window while a list is on its way, and is not seen to move when it comes. */}
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto min-h-[calc(100dvh-6rem)] max-w-3xl px-4 pt-6 pb-16 sm:px-6 sm:pt-10"
      >
        {signOutFailure && (
          <Message look="bad" className="mb-6">
            <p className="font-semibold">{t('layout.stillSignedIn')}</p>
            <p>
              {t('layout.signOutFailed')} {signOutFailure}
            </p>
          </Message>
        )}
        {refused ? null : current.isError && !user ? (
          <OutagePage error={current.error} retrying={current.isFetching} />
        ) : (
          <Outlet />
        )}
      </main>
      <footer className="mx-auto max-w-3xl px-4 pb-10 sm:px-6">
        <LanguageSwitch />
      </footer>
    </DevicesProvider>
  )
}

function Person({ user }: { user: { name: string; email: string } | undefined }) {
  if (!user) return null
  return (
    <>
      <p className="truncate font-medium">{user.name}</p>
      <p className="truncate text-muted">{user.email}</p>
    </>
  )
}

function NavItem({ to, children }: { to: '/' | '/activity' | '/security'; children: string }) {
  return (
    <li>
      <Link
        to={to}
        activeOptions={{ exact: true }}
        className="inline-flex min-h-11 items-center border-b-2 border-transparent text-[0.9375rem] font-medium text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
      >
        {children}
      </Link>
    </li>
  )
}
