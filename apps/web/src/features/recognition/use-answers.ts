import type { ReactNode } from 'react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { toProblem } from '../../api/problem.js'
import { useApi } from '../../api/trpc.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useToast } from '../../ui/toasts.js'
import { activityKey } from '../../api/activity-key.js'
import { toOutcome } from '../proof/to-outcome.js'
import { useForgetUnusual } from './use-unusual.js'

export interface Question {
  /** The device, as it is called on the page. */
  readonly name: string
  /** The sessions that the answer is about. */
  readonly ids: readonly string[]
  /** The ids that may still be signed in, and so are revoked. */
  readonly liveIds: readonly string[]
  /** Revokes sessions, and rejects if that failed. */
  readonly signOut: (ids: readonly string[]) => Promise<unknown>
}

/** The two answers to "Was this you?". */
export function useAnswers({ name, ids, liveIds, signOut }: Question) {
  const notMe = useNotMe(signOut)
  const api = useApi()
  const showToast = useToast()
  const queryClient = useQueryClient()
  const forgetUnusual = useForgetUnusual()
  const confirm = useMutation({ mutationFn: (input: { ids: string[] }) => api.devices.confirm.mutate(input) })

  return {
    /** `null`, or why the answer was not saved. */
    async wasMe(): Promise<ReactNode> {
      try {
        await confirm.mutateAsync({ ids: [...ids] })
      } catch (error) {
        return describeProblem(
          toProblem(error),
          words((t) => t('unusual.wasMeFailed')),
        )
      }
      forgetUnusual(ids)
      void queryClient.invalidateQueries({ queryKey: activityKey })
      showToast(words((t) => t('unusual.wasMeDone', { device: name })))
      return null
    },

    notMe: () => notMe({ name, liveIds }),
  }
}

/** Signs a device out, then leads to a new password. */
export function useNotMe(signOut: Question['signOut']) {
  const navigate = useNavigate()
  return async ({ name, liveIds }: Pick<Question, 'name' | 'liveIds'>): Promise<Outcome> => {
    try {
      if (liveIds.length > 0) await signOut(liveIds)
    } catch (error) {
      return toOutcome(
        error,
        words((t) => t('signOut.oneFailed', { device: name })),
      )
    }
    await navigate({ to: '/security', state: { notMe: name } })
    return { kind: 'done' }
  }
}
