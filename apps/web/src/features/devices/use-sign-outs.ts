import type { Devices } from '@rollcall/react'
import { useRef } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { I18n } from '../../i18n/i18n.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useToast } from '../../ui/toasts.js'
import { toOutcome } from '../proof/to-outcome.js'
import { useResumption } from '../proof/use-resumption.js'
import { useNotMe } from '../recognition/use-answers.js'
import { useSession } from '../session/session.js'

/** A session, with the name of its device on the page. */
interface NamedSession {
  readonly id: string
  readonly name: string
}

/** The ways to end sessions. Each reports success only after the API has. */
export function useSignOuts({ revoke, revokeMany, revokeOthers, revokeAll }: Devices) {
  const i18n = useI18n()
  const { t } = i18n
  const session = useSession()
  const showToast = useToast()
  const ours = useRef(new Set<string>())

  async function revokeOne(id: string, { done, failed }: { done: string; failed: string }): Promise<Outcome> {
    ours.current.add(id)
    try {
      const { revoked } = await revoke.mutateAsync({ id })
      showToast(revoked === 1 ? done : t('signOut.oneGone'))
      return { kind: 'done' }
    } catch (error) {
      ours.current.delete(id)
      return toOutcome(i18n, error, failed)
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

  const signOuts = {
    revokeIds,

    /** Whether this page has signed the session out, or is about to: the list may show it before the answer comes, or after. */
    isOurs: (id: string): boolean => ours.current.has(id),

    one: ({ id, name: device }: NamedSession) =>
      revokeOne(id, { done: t('signOut.oneDone', { device }), failed: t('signOut.oneFailed', { device }) }),

    /** A sign-in of a browser that has signed in again since. */
    earlier: ({ id, name: device }: NamedSession) =>
      revokeOne(id, { done: t('signOut.earlierDone', { device }), failed: t('signOut.earlierFailed', { device }) }),

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

  useResumption({
    'sign-out': signOuts.one,
    'sign-out-earlier': signOuts.earlier,
    'sign-out-several': ({ ids }) => signOuts.several(ids),
    'sign-out-others': signOuts.others,
    'sign-out-everywhere': signOuts.everywhere,
    'was-not-me': useNotMe(revokeIds),
  })
  return signOuts
}

async function attempt(i18n: I18n, failed: string, work: () => Promise<void>): Promise<Outcome> {
  try {
    await work()
    return { kind: 'done' }
  } catch (error) {
    return toOutcome(i18n, error, failed)
  }
}

export type SignOuts = ReturnType<typeof useSignOuts>
