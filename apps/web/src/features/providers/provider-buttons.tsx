import { type ReactNode, useState } from 'react'
import type { NamedProvider } from '../../api/providers.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { ownTimeZone } from '../../i18n/own-time-zone.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { useGuarded } from '../../ui/use-guarded.js'
import type { AccountPath } from '../session/session.js'
import { explainProvider } from './explain.js'
import { goToProvider } from './go-to-provider.js'

interface ProviderButtonsProps {
  providers: readonly NamedProvider[]
  rememberMe: boolean
  returnTo: AccountPath | undefined
}

export default function ProviderButtons({ providers, ...choices }: ProviderButtonsProps): ReactNode {
  const { t, language } = useI18n()
  const [failure, setFailure] = useState<ReactNode>(null)
  return (
    <div className="mt-3 grid gap-3">
      {providers.map(({ id, name }) => (
        <ProviderButton
          key={id}
          label={t('providers.signIn', { name })}
          go={() => goToProvider('sign-in', { provider: id, language, timeZone: ownTimeZone(), ...choices })}
          onFailure={setFailure}
        />
      ))}
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}

interface ProviderButtonProps {
  label: string
  /** Leaves this page. */
  go: () => Promise<void>
  /** `null` when it begins. */
  onFailure: (failure: ReactNode, error?: unknown) => void
}

/** A button that leads to a provider. */
export function ProviderButton({ label, go, onFailure }: ProviderButtonProps) {
  const { run, busy } = useGuarded(async () => {
    onFailure(null)
    await go().catch((error: unknown) => onFailure(explainProvider(error), error))
  })
  return (
    <Button busy={busy} onClick={() => void run()}>
      {label}
    </Button>
  )
}
