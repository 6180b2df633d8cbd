import type { ActivityEntry } from '../trpc.js'
import { deviceName } from './device.js'
import type { Words } from './words.js'

/** One event as a sentence: "Safari on iOS was signed out by Chrome on Windows". */
export function activityWords(words: Words, entry: Pick<ActivityEntry, 'type' | 'device' | 'by' | 'newName' | 'attempts'>): string {
  const { t } = words
  const device = nameOf(words, entry.device)
  const by = entry.by && nameOf(words, entry.by)
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
    case 'password-changed':
      return t('activity.passwordChanged', { device })
    case 'password-reset':
      return t('activity.passwordReset', { device })
    case 'secured':
      return t('activity.secured', { device })
    case 'refused':
      return t('activity.refused', { device })
    case 'renamed':
      return renamed(words, entry.newName, device, by)
    case 'sign-in-refused':
      return t('activity.signInRefused', { device, count: entry.attempts ?? 1 })
    case 'proof-refused':
      return t('activity.proofRefused', { device, count: entry.attempts ?? 1 })
  }
}

function renamed({ t }: Words, name: string | null, device: string, by: string | null): string {
  if (name === null) return by === null ? t('activity.unnamed', { device }) : t('activity.unnamedBy', { device, by })
  return by === null ? t('activity.renamed', { device, name }) : t('activity.renamedBy', { device, name, by })
}

function nameOf(words: Words, device: ActivityEntry['device']): string {
  const name = deviceName(words, device)
  return device.isCurrent ? words.t('activity.thisDevice', { device: name }) : name
}
