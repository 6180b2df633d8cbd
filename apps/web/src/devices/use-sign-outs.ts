import { useSession } from '../session.js'
import { type Device, trpc } from '../trpc.js'
import { useSay } from '../ui/toasts.js'
import { deviceName } from '../words/device.js'
import type { Outcome } from '../ui/confirm-button.js'
import { describe, toProblem } from '../words/problem.js'

/**
 * The three ways to end sessions. Each says so only after the API has.
 * `onEnded` runs once the list has been read again, since the button that was pressed may be gone with its device.
 */
export function useSignOuts(onEnded: () => void) {
  const session = useSession()
  const say = useSay()
  const utils = trpc.useUtils()
  // After a failure too: a lost answer leaves open whether the device is gone.
  const onSettled = () => utils.devices.list.invalidate()
  const revoke = trpc.devices.revoke.useMutation({ onSettled })
  const revokeOthers = trpc.devices.revokeOthers.useMutation({ onSettled })
  const revokeAll = trpc.devices.revokeAll.useMutation()

  return {
    async one(device: Device): Promise<Outcome> {
      const name = deviceName(device)
      try {
        const { revoked } = await revoke.mutateAsync({ id: device.id })
        say(revoked === 1 ? `${name} was signed out.` : 'That device was already signed out.')
        onEnded()
        return { kind: 'done' }
      } catch (error) {
        return failed(`${name} may still be signed in.`, error)
      }
    },

    async others(): Promise<Outcome> {
      try {
        const { revoked } = await revokeOthers.mutateAsync()
        say(othersWords(revoked))
        onEnded()
        return { kind: 'done' }
      } catch (error) {
        return failed('Your other devices may still be signed in.', error)
      }
    },

    async everywhere(): Promise<Outcome> {
      try {
        await revokeAll.mutateAsync()
      } catch (error) {
        return failed('Your devices may still be signed in.', error)
      }
      await session.end('everywhere')
      return { kind: 'done' }
    },
  }
}

function failed(words: string, error: unknown): Outcome {
  const problem = toProblem(error)
  return problem.kind === 'password-needed' ? problem : { kind: 'failed', words: `${words} ${describe(problem)}` }
}

function othersWords(count: number): string {
  if (count === 0) return 'No other device was signed in any more.'
  return count === 1 ? '1 other device was signed out.' : `${count} other devices were signed out.`
}
