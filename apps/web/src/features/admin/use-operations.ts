import { useQuery } from '@tanstack/react-query'
import { type Operation, useApi } from '../../api/trpc.js'
import { adminKey } from './admin-key.js'

export const isRunning = ({ state }: Operation): boolean => state === 'running'

export const operationsKey = [...adminKey, 'operations']

/** The latest operations. `useLiveAdmin` keeps them up to date. */
export function useOperations() {
  const { operations } = useApi().admin
  return useQuery({ queryKey: operationsKey, queryFn: () => operations.list.query() })
}
