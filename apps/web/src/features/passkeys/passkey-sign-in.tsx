import { type ReactNode, useEffect, useEffectEvent, useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { arePasskeysUsable } from './are-usable.js'

/** Milliseconds that a first visit has to itself. */
const OFFER_AFTER_MS = 1_000

const loadSignIn = () => import('./sign-in.js')

interface PasskeySignInProps {
  rememberMe: boolean
  onSignedIn: () => Promise<void>
}

/** A button to sign in with a passkey. The field with `autocomplete="username webauthn"` offers passkeys as well. */
export function PasskeySignIn(props: PasskeySignInProps) {
  const { t } = useI18n()
  const [failure, setFailure] = useState<ReactNode>(null)
  const { run, busy } = useGuarded(async () => {
    setFailure(null)
    const attempt = loadSignIn().then(({ signIn }) => signIn(optionsOf(props)))
    setFailure(await attempt.catch(() => words((t) => t('problem.unreachable'))))
  })
  useOffer(setFailure, props)

  if (!arePasskeysUsable()) return null
  return (
    <div className="mt-3 grid gap-3">
      <Button busy={busy} onClick={() => void run()}>
        {t('signIn.passkey')}
      </Button>
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}

const optionsOf = ({ rememberMe, onSignedIn }: PasskeySignInProps) => ({
  rememberMe: () => rememberMe,
  begin: onSignedIn,
})

function useOffer(onFailure: (failure: ReactNode) => void, props: PasskeySignInProps): void {
  const begin = useEffectEvent(props.onSignedIn)
  const rememberMe = useEffectEvent(() => props.rememberMe)
  const fail = useEffectEvent(onFailure)
  useEffect(() => {
    if (!arePasskeysUsable()) return undefined
    let stop = (): void => undefined
    const timer = setTimeout(() => {
      loadSignIn().then(
        ({ offerPasskeys }) =>
          (stop = offerPasskeys({ rememberMe: () => rememberMe(), begin: () => begin() }, (failure) => fail(failure))),
        () => undefined, // the button remains
      )
    }, OFFER_AFTER_MS)
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [])
}
