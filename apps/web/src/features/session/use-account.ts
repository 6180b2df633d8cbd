import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../api/trpc.js'

/** The session of the page, and its user. */
export function useAccount() {
  const api = useApi()
  return useQuery({ queryKey: ['session', 'current'], queryFn: () => api.session.current.query() })
}
