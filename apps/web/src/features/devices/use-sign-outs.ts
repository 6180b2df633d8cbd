import type { Devices } from '@rollcall/react'
import { useRef } from 'react'
import { words } from '../../i18n/words.js'
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

/** The ways to sign devices out. Each reports success only after the API has. */
export function useSignOuts({ revoke, revokeMany, revokeOthers, revokeAll }: Devices) {
  const session = useSession()
  const showToast = useToast()
  const ours = useRef(new Set<string>())

  async function revokeOne({ id, name: device }: NamedSession, kind: 'one' | 'earlier'): Promise<Outcome> {
    ours.current.add(id)
    try {
      const { revoked } = await revoke.mutateAsync({ id })
      showToast(words((t) => (revoked === 1 ? t(`signOut.${kind}Done`, { device }) : t('signOut.oneGone'))))
      return { kind: 'done' }
    } catch (error) {
      ours.current.delete(id)
      return toOutcome(
        error,
        words((t) => t(`signOut.${kind}Failed`, { device })),
      )
    }
  }

  /** Revokes sessions in one step, and gives how many there were. */
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

    one: (session: NamedSession) => revokeOne(session, 'one'),

    /** A sign-in of a browser that has signed in again since. */
    earlier: (session: NamedSession) => revokeOne(session, 'earlier'),

    several: (ids: readonly string[]) =>
      attempt('severalFailed', async () => {
        const count = await revokeIds(ids)
        showToast(words((t) => (count === 0 ? t('signOut.severalGone') : t('signOut.severalDone', { count }))))
      }),

    others: () =>
      attempt('othersFailed', async () => {
        const { revoked: count } = await revokeOthers.mutateAsync()
        showToast(words((t) => (count === 0 ? t('signOut.othersGone') : t('signOut.othersDone', { count }))))
      }),

    everywhere: () =>
      attempt('everywhereFailed', async () => {
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

async function attempt(
  failed: 'severalFailed' | 'othersFailed' | 'everywhereFailed',
  work: () => Promise<void>,
): Promise<Outcome> {
  try {
    await work()
    return { kind: 'done' }
  } catch (error) {
    return toOutcome(
      error,
      words((t) => t(`signOut.${failed}`)),
    )
  }
}

export type SignOuts = ReturnType<typeof useSignOuts>
