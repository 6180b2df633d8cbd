import type { ActivityEntry } from '../../api/trpc.js'
import { deviceName } from '../../i18n/device-name.js'
import { isolate } from '../../i18n/isolate.js'
import type { I18n } from '../../i18n/i18n.js'

/** One event as a sentence: "Safari on iOS was signed out by Chrome on Windows". */
export function describeActivity(
  i18n: I18n,
  entry: Pick<ActivityEntry, 'type' | 'device' | 'by' | 'newName' | 'attempts' | 'reason'>,
): string {
  const { t } = i18n
  const device = nameOf(i18n, entry.device)
  const by = entry.by && nameOf(i18n, entry.by)
  const reason = entry.reason === undefined ? null : isolate(entry.reason)
  switch (entry.type) {
    case 'signed-in':
      return t('activity.signedIn', { device })
    case 'signed-in-first':
      return t('activity.signedInFirst', { device })
    case 'signed-out':
      return t('activity.signedOut', { device })
    case 'revoked':
      return by === null ? t('activity.revoked', { device }) : t('activity.revokedBy', { device, by })
    case 'reset':
      return t('activity.reset', { device })
    case 'expired':
      return t('activity.expired', { device })
    case 'capped':
      return by === null ? t('activity.capped', { device }) : t('activity.cappedBy', { device, by })
    case 'by-operator':
      return reason === null ? t('activity.byOperator', { device }) : t('activity.byOperatorReason', { device, reason })
    case 'all-by-operator':
      return reason === null ? t('activity.allByOperator') : t('activity.allByOperatorReason', { reason })
    case 'password-changed':
      return t('activity.passwordChanged', { device })
    case 'password-reset':
      return t('activity.passwordReset', { device })
    case 'secured':
      return t('activity.secured', { device })
    case 'refused':
      return t('activity.refused', { device })
    case 'renamed':
      return renamed(i18n, entry.newName && isolate(entry.newName), device, by)
    case 'confirmed':
      return t('activity.confirmed', { device, by: by ?? device })
    case 'sign-in-refused':
      return t('activity.signInRefused', { device, count: entry.attempts ?? 1 })
    case 'proof-refused':
      return t('activity.proofRefused', { device, count: entry.attempts ?? 1 })
  }
}

function renamed({ t }: I18n, name: string | null, device: string, by: string | null): string {
  if (name === null) return by === null ? t('activity.unnamed', { device }) : t('activity.unnamedBy', { device, by })
  return by === null ? t('activity.renamed', { device, name }) : t('activity.renamedBy', { device, name, by })
}

function nameOf(i18n: I18n, device: ActivityEntry['device']): string {
  const name = deviceName(i18n, device)
  return device.isCurrent ? i18n.t('activity.thisDevice', { device: name }) : name
}
