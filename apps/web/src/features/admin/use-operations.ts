import { useQuery } from '@tanstack/react-query'
import { type Operation, useApi } from '../../api/trpc.js'
import { adminKey } from './admin-key.js'
import { useLiveQuery } from './use-live-query.js'

export const isRunning = ({ state }: Operation): boolean => state === 'running'

const queryKey = [...adminKey, 'operations']

/** The latest operations. */
export function useOperations() {
  const { operations } = useApi().admin
  return useQuery({ queryKey, queryFn: () => operations.list.query() })
}

/** The same, as they change. For one place on the page, which serves the others. */
export function useLiveOperations() {
  const { operations } = useApi().admin
  useLiveQuery(queryKey, (observer) => operations.changes.subscribe(undefined, observer))
  return useOperations()
}
