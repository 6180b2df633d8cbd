import type { Device, Devices } from '@rollcall/react'
import { useRef } from 'react'
import { toProblem } from '../../api/problem.js'
import { deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { I18n } from '../../i18n/i18n.js'
import { describeProblem } from '../../i18n/problem.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useToast } from '../../ui/toasts.js'
import { useSession } from '../account/session.js'

/** The ways to end sessions. Each reports success only after the API has. */
export function useSignOuts({ revoke, revokeMany, revokeOthers, revokeAll }: Devices) {
  const i18n = useI18n()
  const { t } = i18n
  const session = useSession()
  const showToast = useToast()
  const ours = useRef(new Set<string>())

  async function revokeOne(device: Device, { done, failed }: { done: string; failed: string }): Promise<Outcome> {
    ours.current.add(device.id)
    try {
      const { revoked } = await revoke.mutateAsync({ id: device.id })
      showToast(revoked === 1 ? done : t('signOut.oneGone'))
      return { kind: 'done' }
    } catch (error) {
      ours.current.delete(device.id)
      return outcomeOf(i18n, failed, error)
    }
  }

  /** Ends sessions in one step, and gives how many there were. */
  async function revokeIds(ids: readonly string[]): Promise<number> {
    for (const id of ids) ours.current.add(id)
    try {
      return (await revokeMany.mutateAsync({ ids: [...ids] })).revoked
    } catch (error) {
      for (const id of ids) ours.current.delete(id)
      throw error
    }
  }

  return {
    revokeIds,

    /** Whether this page has signed the session out, or is about to: the list may show it before the answer comes, or after. */
    isOurs: (id: string): boolean => ours.current.has(id),

    one(device: Device): Promise<Outcome> {
      const name = deviceName(i18n, device)
      return revokeOne(device, {
        done: t('signOut.oneDone', { device: name }),
        failed: t('signOut.oneFailed', { device: name }),
      })
    },

    /** A sign-in of a browser that has signed in again since. */
    earlier(device: Device): Promise<Outcome> {
      const name = deviceName(i18n, device)
      return revokeOne(device, {
        done: t('signOut.earlierDone', { device: name }),
        failed: t('signOut.earlierFailed', { device: name }),
      })
    },

    several: (ids: readonly string[]) =>
      attempt(i18n, t('signOut.severalFailed'), async () => {
        const count = await revokeIds(ids)
        showToast(count === 0 ? t('signOut.severalGone') : t('signOut.severalDone', { count }))
      }),

    others: () =>
      attempt(i18n, t('signOut.othersFailed'), async () => {
        const { revoked: count } = await revokeOthers.mutateAsync()
        showToast(count === 0 ? t('signOut.othersGone') : t('signOut.othersDone', { count }))
      }),

    everywhere: () =>
      attempt(i18n, t('signOut.everywhereFailed'), async () => {
        const { revoked } = await revokeAll.mutateAsync()
        await session.end({ notice: 'everywhere', revoked })
      }),
  }
}

async function attempt(i18n: I18n, failed: string, work: () => Promise<void>): Promise<Outcome> {
  try {
    await work()
    return { kind: 'done' }
  } catch (error) {
    return outcomeOf(i18n, failed, error)
  }
}

export type SignOuts = ReturnType<typeof useSignOuts>

function outcomeOf(i18n: I18n, failed: string, error: unknown): Outcome {
  const problem = toProblem(error)
  return problem.kind === 'password-needed'
    ? problem
    : { kind: 'failed', message: `${failed} ${describeProblem(i18n, problem)}` }
}
