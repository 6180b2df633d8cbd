import { Link, Outlet } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Logo } from '../ui/logo.js'
import { LanguageSwitch } from './language-switch.js'
import { PageProblem } from './page-problem.js'
import { SkipLink } from './skip-link.js'
import { usePreload } from './use-preload.js'

export function PublicLayout() {
  usePreload('public')
  return (
    <PublicLayoutFrame>
      <PageProblem />
      <Outlet />
    </PublicLayoutFrame>
  )
}

export function PublicLayoutFrame({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto flex min-h-dvh w-full max-w-110 flex-col px-4 py-6 sm:py-[10vh]">
      <SkipLink />
      <header className="mb-6 flex sm:justify-center">
        <Link to="/sign-in" aria-label="Rollcall" className="inline-flex min-h-11 items-center rounded-lg">
          <Logo />
        </Link>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="sm:rounded-2xl sm:border sm:border-line sm:bg-surface sm:p-8 sm:shadow-card"
      >
        {children}
      </main>
      <footer className="mt-6 flex sm:justify-center">
        <LanguageSwitch />
      </footer>
    </div>
  )
}
