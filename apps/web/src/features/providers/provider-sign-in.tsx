import { lazy, Suspense, useEffect, useState } from 'react'
import { listProviders, type NamedProvider } from '../../api/providers.js'
import { loadLaterMessages } from '../../i18n/i18n.js'
import type { AccountPath } from '../session/session.js'

const ProviderButtons = lazy(() =>
  Promise.all([import('./provider-buttons.js'), loadLaterMessages()]).then(
    ([buttons]) => buttons,
    () => ({ default: () => null }), // the password remains
  ),
)

/** Buttons to sign in with the providers of this server. Their code comes only where there are any. */
export function ProviderSignIn(props: { rememberMe: boolean; returnTo: AccountPath | undefined }) {
  const [providers, setProviders] = useState<readonly NamedProvider[]>([])
  // Not a query: signing out forgets all queries just after it has shown this page.
  useEffect(() => {
    listProviders().then(setProviders, () => undefined) // the password remains
  }, [])
  if (providers.length === 0) return null
  return (
    <Suspense>
      <ProviderButtons providers={providers} {...props} />
    </Suspense>
  )
}
