import { useQuery } from '@tanstack/react-query'
import { alone, useApi } from './trpc.js'

/** Begins the keys of all that a changed way in changes. */
export const waysInKey = ['ways-in']

/** How many ways to sign in the account has, and its password. */
export function useWaysIn() {
  const api = useApi()
  return useQuery({ queryKey: [...waysInKey, 'count'], queryFn: () => api.account.waysIn.query(undefined, alone) })
}
