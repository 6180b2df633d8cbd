import { useQuery } from '@tanstack/react-query'
import { useProviders } from './linked-providers.js'
import { alone, useApi } from './trpc.js'
import { waysInKey } from './ways-in-key.js'

/** The password of the account, or `null`. */
export function usePassword() {
  const api = useApi()
  return useQuery({
    queryKey: [...waysInKey, 'password'],
    queryFn: () => api.account.password.query(undefined, alone),
  })
}

export function usePasskeys() {
  const api = useApi()
  return useQuery({ queryKey: [...waysInKey, 'passkeys'], queryFn: () => api.passkeys.list.query(undefined, alone) })
}

/**
 * How many ways to sign in the account has. It counts what the page shows: a number from elsewhere would be newer or older than that.
 * `undefined` without an answer.
 */
export function useWayInCount(): number | undefined {
  const [password, passkeys, providers] = [usePassword(), usePasskeys(), useProviders()]
  if (password.data === undefined || !passkeys.data || !providers.data) return undefined
  const { linked, available } = providers.data
  const usable = linked.filter(({ provider }) => available.some(({ id }) => id === provider))
  return Number(password.data !== null) + passkeys.data.length + usable.length
}

/** Asks for all of them at once. `false` once each was answered, or failed for the first time. */
export function useAreWaysInPending(): boolean {
  return [usePassword(), usePasskeys(), useProviders()].some((query) => query.isPending && query.failureCount === 0)
}
