import { useQuery } from '@tanstack/react-query'
import { alone, useApi } from './trpc.js'
import { waysInKey } from './ways-in-key.js'

const providersKey = [...waysInKey, 'providers']

/** The providers that the server offers, and the accounts of them that are linked to this one. */
export function useProviders(options: { enabled?: boolean; retry?: false } = {}) {
  const api = useApi()
  return useQuery({
    queryKey: providersKey,
    queryFn: () => api.providers.list.query(undefined, alone),
    ...options,
  })
}

/**
 * Gives the name of a provider by its id. That is the id itself if the provider is not offered any more.
 *
 * @param isNeeded whether to ask for the names
 */
export function useProviderName(isNeeded: boolean): (id: string) => string {
  const { data } = useProviders({ enabled: isNeeded })
  return (id) => data?.available.find((provider) => provider.id === id)?.name ?? id
}
