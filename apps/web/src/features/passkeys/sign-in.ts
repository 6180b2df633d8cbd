import type { ReactNode } from 'react'
import { canSuggestPasskeys, cancelCeremony, choosePasskey, verifyPasskey } from './ceremonies.js'
import { explainCeremony } from './explain.js'

export interface PasskeySignInOptions {
  /** Asked once the passkey is chosen. */
  rememberMe: () => boolean
  /** Somebody is signed in. */
  begin: () => Promise<void>
}

/** Asks for a passkey in a dialog of the browser. Resolves with what went wrong, or with `null`. */
export async function signIn({ rememberMe, begin }: PasskeySignInOptions): Promise<ReactNode> {
  try {
    const chosen = await choosePasskey()
    await verifyPasskey(chosen, { rememberMe: rememberMe() })
  } catch (error) {
    return explainCeremony(error)
  }
  await begin()
  return null
}

/**
 * Offers passkeys among the suggestions of a field. It ends when one has signed in, when a dialog takes its place, or when the
 * returned function is called.
 */
export function offerPasskeys(
  { rememberMe, begin }: PasskeySignInOptions,
  onFailure: (failure: ReactNode) => void,
): () => void {
  void canSuggestPasskeys().then((can) => (can ? offerAgain() : undefined))
  return cancelCeremony

  async function offerAgain(): Promise<void> {
    const chosen = await choosePasskey({ asSuggestion: true }).catch(() => null)
    if (chosen === null) return // no browser, no answer, or another ceremony: the button remains
    try {
      await verifyPasskey(chosen, { rememberMe: rememberMe() })
    } catch (error) {
      onFailure(await explainCeremony(error))
      return offerAgain()
    }
    await begin()
  }
}
