import type { I18n } from '../../i18n/i18n.js'

/** What was done, and whether the other devices were signed out with it. */
export function withOthers(t: I18n['t'], done: string, areSignedOut = false): string {
  return areSignedOut ? `${done} ${t('waysIn.othersSignedOut')}` : done
}
