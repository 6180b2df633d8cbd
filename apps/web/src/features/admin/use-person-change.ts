import { useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { Outcome } from '../../ui/confirm-button.js'
import type { PendingActions } from '../session/pending-action.js'
import { useChange } from './use-change.js'

export type PersonChange = PendingActions['change-person']

/** Makes a change that concerns one person. */
export function usePersonChange(): (change: PersonChange) => Promise<Outcome> {
  const { t } = useI18n()
  const { people } = useApi().admin
  const change = useChange()
  const changes: Record<PersonChange['change'], (input: Omit<PersonChange, 'change'>) => Promise<string>> = {
    all: async (input) => t('admin.person.allDone', { count: (await people.signOut.mutate(input)).revoked }),
    async reset(input) {
      const { hadPassword } = await people.requirePasswordReset.mutate(input)
      return hadPassword ? t('admin.person.resetDone') : t('admin.person.resetNone')
    },
    async ban(input) {
      await people.ban.mutate(input)
      return t('admin.person.banDone')
    },
    async unban({ id }) {
      await people.unban.mutate({ id })
      return t('admin.person.unbanDone')
    },
  }
  return ({ change: name, ...input }) => change(() => changes[name](input))
}
