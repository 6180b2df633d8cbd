import type { Problem } from '@rollcall/react'
import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { toProblem } from '../../api/problem.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useToast } from '../../ui/toasts.js'
import { toOutcome } from '../proof/to-outcome.js'
import { useSession } from '../session/session.js'
import { adminKey } from './admin-key.js'
import { hasStatus } from './has-status.js'
import { words } from '../../i18n/words.js'

/** Makes a change of an administrator: says what was done unless that is `null`, or why not, and has the page read everything again. */
export function useChange(): (change: () => Promise<ReactNode>) => Promise<Outcome> {
  const session = useSession()
  const queryClient = useQueryClient()
  const showToast = useToast()
  return async (change) => {
    try {
      const done = await change()
      if (done !== null) showToast(done)
    } catch (error) {
      session.handleError(error)
      // It may have been made.
      void queryClient.invalidateQueries({ queryKey: adminKey })
      const isUnsure = unsure.includes(toProblem(error).kind)
      if (!hasStatus(error, PRECONDITION_FAILED))
        return toOutcome(
          error,
          words((t) => t(isUnsure ? 'admin.mayHaveFailed' : 'admin.failed')),
        )
      return { kind: 'failed', message: words((t) => `${t('admin.failed')} ${t('admin.sessions.countChanged')}`) }
    }
    await queryClient.invalidateQueries({ queryKey: adminKey })
    return { kind: 'done' }
  }
}

const PRECONDITION_FAILED = 412

/** The problems after which nobody knows whether the change was made. */
const unsure: readonly Problem['kind'][] = ['unreachable', 'outage', 'unexpected']
