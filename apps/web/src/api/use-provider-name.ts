import { useQuery } from '@tanstack/react-query'
import { alone, useApi } from './trpc.js'
import { providersKey } from './providers-key.js'

/**
 * Gives the name of a provider by its id, or the id if the provider is not offered any more.
 *
 * @param isNeeded Without it, the names are not asked for.
 */
export function useProviderName(isNeeded: boolean): (id: string) => string {
  const api = useApi()
  const { data } = useQuery({
    queryKey: providersKey,
    queryFn: () => api.providers.list.query(undefined, alone),
    enabled: isNeeded,
  })
  return (id) => data?.available.find((provider) => provider.id === id)?.name ?? id
}
