import type { ReactNode } from 'react'
import { useApi } from '../../api/trpc.js'
import { words } from '../../i18n/words.js'
import type { Outcome } from '../../ui/confirm-button.js'
import type { PendingActions } from '../session/pending-action.js'
import { useChange } from './use-change.js'

export type PersonChange = PendingActions['change-person']

/** Makes a change that concerns one person. */
export function usePersonChange(): (change: PersonChange) => Promise<Outcome> {
  const { people } = useApi().admin
  const change = useChange()
  const changes: Record<PersonChange['change'], (input: Omit<PersonChange, 'change'>) => Promise<ReactNode>> = {
    all: async (input) => {
      const { revoked: count } = await people.signOut.mutate(input)
      return words((t) => t('admin.sessions.done', { count }))
    },
    async reset(input) {
      const { hadPassword } = await people.requirePasswordReset.mutate(input)
      return words((t) => t(hadPassword ? 'admin.person.resetDone' : 'admin.person.resetNone'))
    },
    async ban(input) {
      await people.ban.mutate(input)
      return words((t) => t('admin.person.banDone'))
    },
    async unban({ id }) {
      await people.unban.mutate({ id })
      return words((t) => t('admin.person.unbanDone'))
    },
  }
  return ({ change: name, ...input }) => change(() => changes[name](input))
}
