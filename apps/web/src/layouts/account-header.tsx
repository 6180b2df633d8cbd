import { Link } from '@tanstack/react-router'
import { LogOut } from 'lucide-react'
import type { AccountPath } from '../features/account/session.js'
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
      <div className="mx-auto flex max-w-3xl flex-wrap items-center gap-x-6 px-4 pt-3 sm:px-6">
        <Link to="/" aria-label="Rollcall" className="inline-flex min-h-11 items-center rounded-lg">
          <Logo />
        </Link>
        <div className="flex max-w-full min-w-0 flex-auto items-center justify-end gap-4">
          {/* As large before the name is known as after. */}
          <div className="hidden min-h-10 min-w-0 flex-1 flex-col justify-center text-right text-sm leading-tight sm:flex">
            <Person user={user} />
          </div>
          <Button onClick={() => void signOut.run()} busy={signOut.busy}>
            {!signOut.busy && <LogOut aria-hidden className="size-4 shrink-0" />}
            {t('layout.signOut')}
          </Button>
        </div>
        <div className="min-h-11 w-full min-w-0 pt-2 text-sm leading-tight sm:hidden">
          <Person user={user} />
        </div>
        <nav aria-label={t('layout.account')} className="mt-1 w-full">
          <ul className="flex flex-wrap gap-x-6">
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

function Person({ user }: { user: User | undefined }) {
  if (!user) return null
  return (
    <>
      <p className="font-medium">
        <bdi>{user.name}</bdi>
      </p>
      <p className="text-muted">{user.email}</p>
    </>
  )
}

function NavItem({ to, children }: { to: AccountPath; children: string }) {
  return (
    <li>
      <Link
        to={to}
        activeOptions={{ exact: true }}
        className="inline-flex min-h-11 items-center border-b-2 border-transparent text-[0.9375rem] font-medium text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink forced-colors:border-[Canvas] forced-colors:aria-[current=page]:border-[Highlight]"
      >
        {children}
      </Link>
    </li>
  )
}
