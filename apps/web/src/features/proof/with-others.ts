import type { I18n } from '../../i18n/i18n.js'

/** Says what was done, and whether that signed out the other devices. */
export function withOthers(t: I18n['t'], done: string, areSignedOut = false): string {
  return areSignedOut ? `${done} ${t('waysIn.othersSignedOut')}` : done
}
