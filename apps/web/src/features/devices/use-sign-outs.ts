import type { Device, Devices } from '@rollcall/react'
import { toProblem } from '../../api/problem.js'
import { deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { I18n } from '../../i18n/i18n.js'
import { describeProblem } from '../../i18n/problem.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useToast } from '../../ui/toasts.js'
import { useSession } from '../account/session.js'

/**
 * The three ways to end sessions. Each reports success only after the API has.
 * `onEnded` runs once the list has been read again, since the button that was pressed may be gone with its device.
 */
export function useSignOuts({ revoke, revokeOthers, revokeAll }: Devices, onEnded: () => void) {
  const i18n = useI18n()
  const { t } = i18n
  const session = useSession()
  const showToast = useToast()

  return {
    async one(device: Device): Promise<Outcome> {
      const name = deviceName(i18n, device)
      try {
        const { revoked } = await revoke.mutateAsync({ id: device.id })
        showToast(revoked === 1 ? t('signOut.oneDone', { device: name }) : t('signOut.oneGone'))
        onEnded()
        return { kind: 'done' }
      } catch (error) {
        return failed(i18n, t('signOut.oneFailed', { device: name }), error)
      }
    },

    async others(): Promise<Outcome> {
      try {
        const { answer, ms } = await timed(() => revokeOthers.mutateAsync())
        const count = answer.revoked
        showToast(count === 0 ? t('signOut.othersGone') : t('signOut.othersDone', { count, time: i18n.duration(ms) }))
        onEnded()
        return { kind: 'done' }
      } catch (error) {
        return failed(i18n, t('signOut.othersFailed'), error)
      }
    },

    async everywhere(): Promise<Outcome> {
      const ended = await timed(() => revokeAll.mutateAsync()).catch((error: unknown) =>
        failed(i18n, t('signOut.everywhereFailed'), error),
      )
      if ('kind' in ended) return ended
      await session.end('everywhere', { revoked: ended.answer.revoked, ms: ended.ms })
      return { kind: 'done' }
    },
  }
}

/** With how long the answer took to come, as this page saw it. */
async function timed<Answer>(call: () => Promise<Answer>): Promise<{ answer: Answer; ms: number }> {
  const start = performance.now()
  const answer = await call()
  return { answer, ms: performance.now() - start }
}

function failed(i18n: I18n, what: string, error: unknown): Outcome {
  const problem = toProblem(error)
  return problem.kind === 'password-needed' ? problem : { kind: 'failed', message: `${what} ${describeProblem(i18n, problem)}` }
}
