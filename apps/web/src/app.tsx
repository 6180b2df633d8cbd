import { RouterProvider, type RouterHistory } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { SessionContext } from './features/session/session.js'
import { TabSession } from './features/session/tab-session.js'
import { I18nProvider, useI18n } from './i18n/i18n-provider.js'
import { createAppRouter } from './router.js'
import { Toasts } from './ui/toasts.js'

/** The whole page as one element. A test brings its own history. */
export function createApp(history?: RouterHistory) {
  const session = new TabSession({
    path: () => router.latestLocation.pathname,
    goTo: (path) => router.navigate({ to: path, replace: true }),
    goToSignIn: (state) => router.navigate({ to: '/sign-in', state, replace: true }),
  })
  const router = createAppRouter(session, history)

  return (
    <SessionContext value={session}>
      <I18nProvider>
        <Messages>
          <RouterProvider router={router} />
        </Messages>
      </I18nProvider>
    </SessionContext>
  )
}

function Messages({ children }: { children: ReactNode }) {
  const { t } = useI18n()
  return (
    <Toasts label={t('layout.messages')} dismissLabel={t('layout.dismiss')}>
      {children}
    </Toasts>
  )
}
