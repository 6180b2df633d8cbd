import type { SessionEnd } from '../../api/trpc.js'
import { deviceName } from '../../i18n/device-name.js'
import type { I18n } from '../../i18n/i18n.js'
import { isolate } from '../../i18n/isolate.js'

/** Why somebody finds themselves on the sign-in page. */
export function describeEnd(i18n: I18n, { cause, by, at, reason }: SessionEnd, now: number): string {
  const { t } = i18n
  const when = i18n.relativeTime(at, now)
  const device = by === null ? null : deviceName(i18n, by)
  switch (cause) {
    case 'revoke':
    case 'revoke-others':
      return device === null ? t('sessionEnd.revoked', { when }) : t('sessionEnd.revokedBy', { device, when })
    case 'revoke-all':
      return device === null ? t('sessionEnd.all', { when }) : t('sessionEnd.allBy', { device, when })
    case 'credential-change':
      return device === null ? t('sessionEnd.credentials', { when }) : t('sessionEnd.credentialsBy', { device, when })
    case 'cap':
      return device === null ? t('sessionEnd.cap', { when }) : t('sessionEnd.capBy', { device, when })
    case 'operator':
      return reason === undefined
        ? t('sessionEnd.operator', { when })
        : t('sessionEnd.operatorReason', { when, reason: isolate(reason) })
    case 'expired':
      return t('sessionEnd.expired')
    default: // `unknown`, or a cause that only a newer server knows
      return t('signIn.notice.ended')
  }
}
