import type { ReactNode } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { toProblem } from '../../api/problem.js'
import { loadLaterMessages } from '../../i18n/i18n.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'

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
export async function explainCeremony(refusal: unknown): Promise<ReactNode> {
  await loadLaterMessages().catch(() => undefined)
  const code = refusal instanceof Error && 'code' in refusal ? String(refusal.code) : ''
  if (code in reasons) return words((t) => t(`passkeys.refused.${reasons[code as keyof typeof reasons]}`)) // it is in there
  if (refusal instanceof AuthFailure) return describeProblem(toProblem(refusal))
  return words((t) => t('passkeys.refused.cancelled'))
}
