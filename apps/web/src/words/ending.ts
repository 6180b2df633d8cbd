import type { Ending } from '../trpc.js'
import { deviceName } from './device.js'
import type { Words } from './words.js'

/** Why somebody finds themselves on the sign-in page. */
export function endingWords(words: Words, { cause, by, at }: Ending, now: number): string {
  const { t } = words
  const when = words.relativeTime(at, now)
  const device = by === null ? null : deviceName(words, by)
  switch (cause) {
    case 'revoke':
    case 'revoke-others':
      return device === null ? t('ending.revoked', { when }) : t('ending.revokedBy', { device, when })
    case 'revoke-all':
      return device === null ? t('ending.all', { when }) : t('ending.allBy', { device, when })
    case 'credential-change':
      return device === null ? t('ending.credentials', { when }) : t('ending.credentialsBy', { device, when })
    case 'cap':
      return device === null ? t('ending.cap', { when }) : t('ending.capBy', { device, when })
    case 'expired':
      return t('ending.expired')
    case 'unknown':
      return t('signIn.notice.ended')
  }
}
