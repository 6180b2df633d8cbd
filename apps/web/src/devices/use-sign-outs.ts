import type { Device, Devices } from '@rollcall/react'
import { useSession } from '../session.js'
import { useSay } from '../ui/toasts.js'
import { deviceName } from '../words/device.js'
import type { Outcome } from '../ui/confirm-button.js'
import { describe, toProblem } from '../words/problem.js'
import { useWords } from '../words/use-words.js'
import type { Words } from '../words/words.js'

/**
 * The three ways to end sessions, in words. Each says so only after the API has.
 * `onEnded` runs once the list has been read again, since the button that was pressed may be gone with its device.
 */
export function useSignOuts({ revoke, revokeOthers, revokeAll }: Devices, onEnded: () => void) {
  const words = useWords()
  const { t } = words
  const session = useSession()
  const say = useSay()

  return {
    async one(device: Device): Promise<Outcome> {
      const name = deviceName(words, device)
      try {
        const { revoked } = await revoke.mutateAsync({ id: device.id })
        say(revoked === 1 ? t('signOut.oneDone', { device: name }) : t('signOut.oneGone'))
        onEnded()
        return { kind: 'done' }
      } catch (error) {
        return failed(words, t('signOut.oneFailed', { device: name }), error)
      }
    },

    async others(): Promise<Outcome> {
      try {
        const { answer, ms } = await timed(() => revokeOthers.mutateAsync())
        const count = answer.revoked
        say(count === 0 ? t('signOut.othersGone') : t('signOut.othersDone', { count, time: words.duration(ms) }))
        onEnded()
        return { kind: 'done' }
      } catch (error) {
        return failed(words, t('signOut.othersFailed'), error)
      }
    },

    async everywhere(): Promise<Outcome> {
      const ended = await timed(() => revokeAll.mutateAsync()).catch((error: unknown) =>
        failed(words, t('signOut.everywhereFailed'), error),
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

function failed(words: Words, what: string, error: unknown): Outcome {
  const problem = toProblem(error)
  return problem.kind === 'password-needed' ? problem : { kind: 'failed', words: `${what} ${describe(words, problem)}` }
}
