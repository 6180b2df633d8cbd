import { Link } from '@tanstack/react-router'
import { LogOut } from 'lucide-react'
import type { AccountPath } from '../features/session/session.js'
import { useI18n } from '../i18n/i18n-provider.js'
import { Button } from '../ui/button.js'
import { Logo } from '../ui/logo.js'

interface User {
  name: string
  email: string
  isAdmin: boolean
}

interface AccountHeaderProps {
  /** Undefined while that is not known. */
  user: User | undefined
  signOut: { run: () => Promise<void>; busy: boolean }
}

export function AccountHeader({ user, signOut }: AccountHeaderProps) {
  const { t } = useI18n()
  return (
    <header className="border-b border-line bg-surface">
      {/* A phone shows the mark without its word, so that a list begins within the first hundred pixels. */}
      <div className="mx-auto flex max-w-3xl flex-wrap items-center gap-x-3 px-4 pt-1 sm:gap-x-6 sm:px-6 sm:pt-3">
        <Link to="/" aria-label="Rollcall" className="-mx-1.5 inline-flex min-h-11 items-center rounded-lg px-1.5">
          <Logo wordClass="max-sm:hidden" />
        </Link>
        <div className="flex min-w-0 flex-[1_1_14rem] flex-wrap items-center justify-end gap-x-3 gap-y-1 sm:gap-x-4">
          {/* As large before the name is known as after. */}
          <div className="flex min-h-12 min-w-0 flex-[1_1_7rem] flex-col justify-center text-sm leading-tight sm:min-h-10 sm:text-right">
            <Person user={user} />
          </div>
          <Button onClick={() => void signOut.run()} busy={signOut.busy}>
            {!signOut.busy && <LogOut aria-hidden className="size-4 shrink-0 max-sm:hidden" />}
            {t('layout.signOut')}
          </Button>
        </div>
        <nav aria-label={t('layout.account')} className="w-full sm:mt-1">
          {/* An administrator has one more, and still one line on a phone. */}
          <ul className="flex flex-wrap gap-x-6 text-[0.9375rem] max-sm:has-[>:nth-child(5)]:gap-x-3.5 max-sm:has-[>:nth-child(5)]:text-sm">
            <NavItem to="/">{t('layout.devices')}</NavItem>
            <NavItem to="/activity">{t('layout.activity')}</NavItem>
            <NavItem to="/security">{t('layout.security')}</NavItem>
            <NavItem to="/account">{t('layout.account')}</NavItem>
            {user?.isAdmin && <NavItem to="/admin">{t('layout.admin')}</NavItem>}
          </ul>
        </nav>
      </div>
    </header>
  )
}

/** One line each: the page "Account" shows both in full. */
function Person({ user }: { user: User | undefined }) {
  if (!user) return null
  return (
    <>
      <p title={user.name} className="truncate font-medium">
        <bdi>{user.name}</bdi>
      </p>
      <p title={user.email} className="truncate text-muted max-sm:text-xs">
        {user.email}
      </p>
    </>
  )
}

function NavItem({ to, children }: { to: AccountPath; children: string }) {
  return (
    <li>
      <Link
        to={to}
        activeOptions={{ exact: true }}
        className="inline-flex min-h-11 items-center border-b-2 border-transparent font-medium text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink forced-colors:border-[Canvas] forced-colors:aria-[current=page]:border-[Highlight]"
      >
        {children}
      </Link>
    </li>
  )
}
