import { useQuery } from '@tanstack/react-query'
import { type Operation, useApi } from '../../api/trpc.js'
import { adminKey } from './admin-key.js'

const RUNNING_MS = 1_000
const IDLE_MS = 30_000

export const isRunning = ({ state }: Operation): boolean => state === 'running'

/** The latest operations. Asked for again every second while one runs. */
export function useOperations() {
  const api = useApi()
  return useQuery({
    queryKey: [...adminKey, 'operations'],
    queryFn: () => api.admin.operations.list.query(),
    refetchInterval: ({ state }) => (state.data?.some(isRunning) ? RUNNING_MS : IDLE_MS),
  })
}
