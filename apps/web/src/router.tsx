import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type RouterHistory,
} from '@tanstack/react-router'
import type { Notice, Session, SignOutDetails } from './features/account/session.js'
import { SignInPage } from './features/account/sign-in-page.js'
import { DevicesPage } from './features/devices/devices-page.js'
import { AccountLayout } from './layouts/account-layout.js'
import { CrashPage, NotFoundPage } from './layouts/lost-pages.js'
import { PublicLayout } from './layouts/public-layout.js'

interface RouterContext {
  session: Session
}

// Devices and sign-in, where a visit begins, come with the first script. The other pages follow when asked for.
const root = createRootRouteWithContext<RouterContext>()({ notFoundComponent: NotFoundPage })

const account = createRoute({
  getParentRoute: () => root,
  id: 'account',
  component: AccountLayout,
  beforeLoad: ({ context }) => context.session.enter(),
})
const devices = createRoute({ getParentRoute: () => account, path: '/', component: DevicesPage })
const activity = createRoute({
  getParentRoute: () => account,
  path: '/activity',
  component: lazyRouteComponent(() => import('./features/activity/activity-page.js'), 'ActivityPage'),
})
const security = createRoute({
  getParentRoute: () => account,
  path: '/security',
  component: lazyRouteComponent(() => import('./features/account/security-page.js'), 'SecurityPage'),
})

const open = createRoute({ getParentRoute: () => root, id: 'public', component: PublicLayout })
const signIn = createRoute({
  getParentRoute: () => open,
  path: '/sign-in',
  component: SignInPage,
  beforeLoad: leaveIfSignedIn,
  validateSearch: (search: Record<string, unknown>): { notice?: Notice } => {
    const notice = notices.find((known) => known === search['notice'])
    return notice ? { notice } : {}
  },
})
const signUp = createRoute({
  getParentRoute: () => open,
  path: '/sign-up',
  component: lazyRouteComponent(() => import('./features/account/sign-up-page.js'), 'SignUpPage'),
  beforeLoad: leaveIfSignedIn,
})
const forgotPassword = createRoute({
  getParentRoute: () => open,
  path: '/forgot-password',
  component: lazyRouteComponent(() => import('./features/account/forgot-password-page.js'), 'ForgotPasswordPage'),
})
const resetPassword = createRoute({
  getParentRoute: () => open,
  path: '/reset-password',
  component: lazyRouteComponent(() => import('./features/account/reset-password-page.js'), 'ResetPasswordPage'),
  validateSearch: tokenOf,
})

const secureAccount = createRoute({
  getParentRoute: () => open,
  path: '/secure-account',
  component: lazyRouteComponent(() => import('./features/account/secure-account-page.js'), 'SecureAccountPage'),
  validateSearch: tokenOf,
})

const notices: readonly Notice[] = ['ended', 'signed-out', 'everywhere', 'reset']

function tokenOf(search: Record<string, unknown>): { token?: string } {
  return typeof search['token'] === 'string' ? { token: search['token'] } : {}
}

async function leaveIfSignedIn({ context }: { context: RouterContext }): Promise<void> {
  if (await context.session.isActive()) throw redirect({ to: '/' })
}

const routeTree = root.addChildren([
  account.addChildren([devices, activity, security]),
  open.addChildren([signIn, signUp, forgotPassword, resetPassword, secureAccount]),
])

export function createAppRouter(context: RouterContext, history?: RouterHistory) {
  return createRouter({ routeTree, context, defaultErrorComponent: CrashPage, ...(history && { history }) })
}

declare module '@tanstack/react-router' {
  interface HistoryState extends SignOutDetails {}
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
