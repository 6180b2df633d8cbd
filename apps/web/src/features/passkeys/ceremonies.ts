import {
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from '@simplewebauthn/browser'
import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'

type Chosen = Awaited<ReturnType<typeof startAuthentication>>

/**
 * Lets the person choose a passkey: in a dialog of the browser, or among the suggestions of a field. Each ceremony takes the
 * place of the one before it.
 */
export async function choosePasskey({ asSuggestion = false } = {}): Promise<Chosen> {
  const options = await callAuth('/passkey/generate-authenticate-options', undefined, expectedSessionHeaders())
  return startAuthentication({
    // The cast: the browser checks what it is given.
    optionsJSON: { ...(options as PublicKeyCredentialRequestOptionsJSON), userVerification: 'required' },
    useBrowserAutofill: asSuggestion,
  })
}

/** Signs in, or proves again who the person of this session is. `rememberMe` is of a sign-in. */
export async function verifyPasskey(response: Chosen, choice: { rememberMe?: boolean } = {}): Promise<void> {
  await callAuth('/passkey/verify-authentication', { response, ...choice }, expectedSessionHeaders())
}

/** Creates a passkey and adds it to the account. Resolves with its id. */
export async function registerPasskey(revokeOtherSessions: boolean): Promise<string | null> {
  const options = await callAuth('/passkey/generate-register-options', undefined, expectedSessionHeaders())
  const response = await startRegistration({ optionsJSON: options as PublicKeyCredentialCreationOptionsJSON }) // as above
  const body = { response, revokeOtherSessions }
  const added = await callAuth('/passkey/verify-registration', body, expectedSessionHeaders())
  return typeof added === 'object' && added !== null && 'id' in added && typeof added.id === 'string' ? added.id : null
}

export { browserSupportsWebAuthnAutofill as canSuggestPasskeys }

export function cancelCeremony(): void {
  WebAuthnAbortService.cancelCeremony()
}
