import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  notFound,
  redirect,
  type RouterHistory,
} from '@tanstack/react-router'
import { checkLink } from './api/links.js'
import { askSignUpPolicy } from './api/sign-up-policy.js'
import { type AccountPath, accountPathOf, type Session, type SignInState } from './features/session/session.js'
import { SignInPage } from './features/sign-in/sign-in-page.js'
import { loadAccountMessages, loadAdminMessages } from './i18n/i18n.js'
import { CrashMessage, CrashPage, NotFoundPage } from './layouts/lost-pages.js'
import { PublicLayout } from './layouts/public-layout.js'
import { lazyPage } from './lazy-page.js'
import { createPageOpener, type PageOpener } from './page-opener.js'

interface RouterContext {
  session: Session
  pages: PageOpener
}

// Sign-in comes with the first script, so that signing out needs nothing more. The other pages follow when the browser is idle.
const importAccount = () => import('./account-pages.js')
const accountFrame = lazyPage(async () => (await importAccount()).AccountFrame, loadAccountMessages)
const devicesPage = lazyPage(async () => (await importAccount()).DevicesPage, loadAccountMessages)
const activityPage = lazyPage(async () => (await import('./features/activity/activity-page.js')).ActivityPage)
const securityPage = lazyPage(async () => (await import('./features/security/security-page.js')).SecurityPage)
const accountPage = lazyPage(async () => (await import('./features/account/account-page.js')).AccountPage)
const adminPage = lazyPage(async () => {
  const [{ AdminPage }] = await Promise.all([import('./features/admin/admin-page.js'), loadAdminMessages()])
  return AdminPage
})
const signUpPage = lazyPage(async () => (await import('./features/sign-up/sign-up-page.js')).SignUpPage)
const providerPage = lazyPage(async () => (await import('./features/providers/provider-page.js')).ProviderPage)
const forgotPasswordPage = lazyPage(
  async () => (await import('./features/recovery/forgot-password-page.js')).ForgotPasswordPage,
)
const resetPasswordPage = lazyPage(
  async () => (await import('./features/recovery/reset-password-page.js')).ResetPasswordPage,
)
const secureAccountPage = lazyPage(
  async () => (await import('./features/recovery/secure-account-page.js')).SecureAccountPage,
)

const confirmEmailPage = lazyPage(
  async () => (await import('./features/email-change/confirm-email-page.js')).ConfirmEmailPage,
)

const finishSignUpPage = lazyPage(
  async () => (await import('./features/sign-up/finish-sign-up-page.js')).FinishSignUpPage,
)

const root = createRootRouteWithContext<RouterContext>()({ notFoundComponent: NotFoundPage, errorComponent: CrashPage })

const account = createRoute({
  getParentRoute: () => root,
  id: 'account',
  component: accountFrame.component,
  errorComponent: CrashPage,
  beforeLoad: async ({ context, location }) => {
    if (!(await context.session.enter())) throw redirect({ to: '/sign-in', state: leadBackTo(location), replace: true })
    await context.pages.open(accountFrame, location.pathname)
  },
})
const devices = createRoute({
  getParentRoute: () => account,
  path: '/',
  component: devicesPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(devicesPage, location.pathname),
})
const activity = createRoute({
  getParentRoute: () => account,
  path: '/activity',
  component: activityPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(activityPage, location.pathname),
})
const security = createRoute({
  getParentRoute: () => account,
  path: '/security',
  component: securityPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(securityPage, location.pathname),
})

const accountSettings = createRoute({
  getParentRoute: () => account,
  path: '/account',
  component: accountPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(accountPage, location.pathname),
})

const admin = createRoute({
  getParentRoute: () => account,
  path: '/admin',
  component: adminPage.component,
  beforeLoad: async ({ context, location }) => {
    if ((await context.session.isAdministrator()) === false) throw notFound()
    await context.pages.open(adminPage, location.pathname)
  },
})

const open = createRoute({
  getParentRoute: () => root,
  id: 'public',
  component: PublicLayout,
  errorComponent: CrashPage,
})
const signIn = createRoute({
  getParentRoute: () => open,
  path: '/sign-in',
  component: SignInPage,
  beforeLoad: leaveIfSignedIn,
})
const signUp = createRoute({
  getParentRoute: () => open,
  path: '/sign-up',
  component: signUpPage.component,
  beforeLoad: async ({ context, location }) => {
    await leaveIfSignedIn({ context })
    await context.pages.open(signUpPage, location.pathname)
  },
  loader: askSignUpPolicy,
})
const finishSignUp = createRoute({
  getParentRoute: () => open,
  path: '/finish-sign-up',
  component: finishSignUpPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(finishSignUpPage, location.pathname),
  validateSearch: signUpOf,
  loaderDeps: ({ search: { token } }) => ({ token }),
  loader: ({ deps: { token } }) => checkLink('finish-sign-up', token),
})
const provider = createRoute({
  getParentRoute: () => open,
  path: '/provider/$provider',
  component: providerPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(providerPage, location.pathname),
})
const forgotPassword = createRoute({
  getParentRoute: () => open,
  path: '/forgot-password',
  component: forgotPasswordPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(forgotPasswordPage, location.pathname),
})
const resetPassword = createRoute({
  getParentRoute: () => open,
  path: '/reset-password',
  component: resetPasswordPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(resetPasswordPage, location.pathname),
  validateSearch: tokenOf,
  loaderDeps: ({ search }) => search,
  loader: ({ deps: { token } }) => checkLink('reset-password', token),
})
const secureAccount = createRoute({
  getParentRoute: () => open,
  path: '/secure-account',
  component: secureAccountPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(secureAccountPage, location.pathname),
  validateSearch: tokenOf,
  loaderDeps: ({ search }) => search,
  loader: ({ deps: { token } }) => checkLink('secure-account', token),
})

const confirmEmail = createRoute({
  getParentRoute: () => open,
  path: '/confirm-email',
  component: confirmEmailPage.component,
  beforeLoad: ({ context, location }) => context.pages.open(confirmEmailPage, location.pathname),
  validateSearch: tokenOf,
  loaderDeps: ({ search }) => search,
  loader: ({ deps: { token } }) => checkLink('confirm-email', token),
})

/** Names each field, because the router fills in what is missing from the address as it is. */
function tokenOf({ token }: Record<string, unknown>): { token?: string | undefined } {
  return { token: typeof token === 'string' ? token : undefined }
}

function signUpOf(
  search: Record<string, unknown>,
): ReturnType<typeof tokenOf> & { returnTo?: AccountPath | undefined } {
  return { ...tokenOf(search), returnTo: accountPathOf(search['returnTo']) }
}

function leadBackTo({ pathname }: { pathname: string }): SignInState {
  const returnTo = accountPathOf(pathname)
  return returnTo ? { returnTo } : {}
}

async function leaveIfSignedIn({ context }: { context: RouterContext }): Promise<void> {
  if (await context.session.isActive()) throw redirect({ to: '/' })
}

const routeTree = root.addChildren([
  account.addChildren([devices, activity, security, accountSettings, admin]),
  open.addChildren([
    signIn,
    signUp,
    finishSignUp,
    provider,
    forgotPassword,
    resetPassword,
    secureAccount,
    confirmEmail,
  ]),
])

export function createAppRouter(session: Session, history?: RouterHistory) {
  const pages = createPageOpener({
    next: {
      account: [activityPage, securityPage, accountPage],
      public: [accountFrame, devicesPage, signUpPage, forgotPasswordPage],
    },
    shown: () => router.state.resolvedLocation,
    reload: () => window.location.reload(),
  })
  const router = createRouter({
    routeTree,
    context: { session, pages },
    defaultGcTime: 0, // a link or a setting is asked for again: its earlier answer must not be shown meanwhile
    defaultErrorComponent: CrashMessage,
    ...(history && { history }),
  })
  return router
}

declare module '@tanstack/react-router' {
  interface HistoryState extends SignInState {
    /** The email address that was typed on the page before. */
    email?: string
    /** The device of a sign-in that was not the person's own, and that was signed out just now. */
    notMe?: string
  }
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
