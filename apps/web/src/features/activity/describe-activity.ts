import type { ActivityEntry } from '../../api/trpc.js'
import { deviceName } from '../../i18n/device-name.js'
import { isolate } from '../../i18n/isolate.js'
import type { I18n } from '../../i18n/i18n.js'

/** The words of those that need only the name of the device. */
const ofDevice = {
  'signed-out': 'activity.signedOut',
  'credentials-changed': 'activity.credentialsChanged',
  expired: 'activity.expired',
  'password-changed': 'activity.passwordChanged',
  'password-reset': 'activity.passwordReset',
  'password-set': 'activity.passwordSet',
  'password-removed': 'activity.passwordRemoved',
  secured: 'activity.secured',
  'passkey-added': 'activity.passkeyAdded',
  'passkey-removed': 'activity.passkeyRemoved',
  'passkey-renamed': 'activity.passkeyRenamed',
  'name-changed': 'activity.nameChanged',
  'provider-linked': 'activity.providerLinked',
  'provider-unlinked': 'activity.providerUnlinked',
  'second-factor-on': 'activity.secondFactorOn',
  'second-factor-off': 'activity.secondFactorOff',
  'backup-codes-renewed': 'activity.backupCodesRenewed',
  'email-changed': 'activity.emailChanged',
  refused: 'activity.refused',
} as const

/**
 * One event as a sentence: "Safari on iOS was signed out by Chrome on Windows".
 *
 * @param providerName the name of a provider, by its id
 */
export function describeActivity(
  i18n: I18n,
  entry: Pick<ActivityEntry, 'type' | 'device' | 'by' | 'newName' | 'attempts' | 'reason' | 'signInMethod'>,
  providerName: (id: string) => string = (id) => id,
): string {
  const { t } = i18n
  const device = deviceLabel(i18n, entry.device)
  const by = entry.by && deviceLabel(i18n, entry.by)
  const reason = entry.reason === undefined ? null : isolate(entry.reason)
  const { type } = entry
  if (isOfDevice(type)) return t(ofDevice[type], { device })
  switch (type) {
    case 'signed-in':
    case 'signed-in-first':
      return signedIn(i18n, type, device, entry.signInMethod ? howOf(i18n, entry.signInMethod, providerName) : null)
    case 'revoked':
      return by === null ? t('activity.revoked', { device }) : t('activity.revokedBy', { device, by })
    case 'capped':
      return by === null ? t('activity.capped', { device }) : t('activity.cappedBy', { device, by })
    case 'by-operator':
      return reason === null ? t('activity.byOperator', { device }) : t('activity.byOperatorReason', { device, reason })
    case 'all-by-operator':
      return reason === null ? t('activity.allByOperator') : t('activity.allByOperatorReason', { reason })
    case 'banned':
      return t('activity.banned')
    case 'unbanned':
      return t('activity.unbanned')
    case 'administrator-added':
      return t('activity.administratorAdded')
    case 'administrator-removed':
      return t('activity.administratorRemoved')
    case 'password-required':
      return t('activity.passwordRequired')
    case 'renamed':
      return renamed(i18n, entry.newName && isolate(entry.newName), device, by)
    case 'confirmed':
      return t('activity.confirmed', { device, by: by ?? device })
    case 'sign-in-refused':
      return t('activity.signInRefused', { device, count: entry.attempts ?? 1 })
    case 'proof-refused':
      return t('activity.proofRefused', { device, count: entry.attempts ?? 1 })
    default:
      return t('activity.unknown', { device }) // a page may be older than the server
  }
}

function isOfDevice(type: ActivityEntry['type']): type is keyof typeof ofDevice {
  return type in ofDevice
}

function signedIn({ t }: I18n, type: 'signed-in' | 'signed-in-first', device: string, how: string | null): string {
  const key = type === 'signed-in' ? 'signedIn' : 'signedInFirst'
  return how === null ? t(`activity.${key}`, { device }) : t(`activity.${key}How`, { device, how })
}

function howOf(
  { t }: I18n,
  method: NonNullable<ActivityEntry['signInMethod']>,
  providerName: (id: string) => string,
): string {
  return method.kind === 'provider'
    ? t('activity.how.provider', { provider: providerName(method.provider) })
    : t(`activity.how.${method.kind}`)
}

function renamed({ t }: I18n, name: string | null, device: string, by: string | null): string {
  if (name === null) return by === null ? t('activity.unnamed', { device }) : t('activity.unnamedBy', { device, by })
  return by === null ? t('activity.renamed', { device, name }) : t('activity.renamedBy', { device, name, by })
}

function deviceLabel(i18n: I18n, device: ActivityEntry['device']): string {
  const name = deviceName(i18n, device)
  return device.isCurrent ? i18n.t('activity.thisDevice', { device: name }) : name
}
