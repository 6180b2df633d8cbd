import { AuthFailure } from '../../api/auth.js'
import { toProblem } from '../../api/problem.js'
import { type I18n, loadLaterMessages } from '../../i18n/i18n.js'
import { describeProblem } from '../../i18n/problem.js'

/** Refusals of the server or the browser, by their codes. */
const reasons = {
  PASSKEY_NOT_FOUND: 'unknown',
  CHALLENGE_NOT_FOUND: 'late',
  AUTHENTICATION_FAILED: 'failed',
  FAILED_TO_VERIFY_REGISTRATION: 'notAdded',
  USER_VERIFICATION_REQUIRED: 'unverified',
  PREVIOUSLY_REGISTERED: 'already',
  TOO_MANY_PASSKEYS: 'tooMany',
  LAST_WAY_IN: 'lastWayIn',
  CREDENTIALS_CHANGED: 'superseded',
  ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED: 'already',
  ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT: 'unverified',
  ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT: 'unverified',
} as const

/** Why a passkey was not created, used or removed, for its person. */
export async function explainCeremony(i18n: I18n, error: unknown): Promise<string> {
  await loadLaterMessages().catch(() => undefined)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code in reasons) return i18n.t(`passkeys.refused.${reasons[code as keyof typeof reasons]}`) // it is in there
  if (error instanceof AuthFailure) return describeProblem(i18n, toProblem(error))
  return i18n.t('passkeys.refused.cancelled')
}
