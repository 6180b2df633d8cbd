import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../api/trpc.js'

export const accountKey = ['session', 'current'] as const

/** The session of the page, and its user. */
export function useAccount() {
  const api = useApi()
  return useQuery({ queryKey: accountKey, queryFn: () => api.session.current.query() })
}
