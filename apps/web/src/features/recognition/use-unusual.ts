import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { type Device, type UnusualSign, useApi } from '../../api/trpc.js'

/** Begins the key of every list of unusual sign-ins. */
export const unusualKey = ['unusual'] as const

export type Signs = ReadonlyMap<string, readonly UnusualSign[]>

const none: Signs = new Map()

/** What stands out about the sign-ins behind the devices, by the id of the session. It is asked for again when a device comes or goes. */
export function useUnusual(devices: readonly Device[]): { signs: Signs; isUnknown: boolean } {
  const api = useApi()
  const ids = devices.map(({ id }) => id).toSorted()
  const { data, isError } = useQuery({
    queryKey: [...unusualKey, ...ids],
    queryFn: async () => api.devices.unusual.query(),
    placeholderData: keepPreviousData,
  })
  const signs = data ? new Map(data.map((one) => [one.id, one.signs] as const)) : none
  return { signs, isUnknown: isError }
}

/** Takes the marks of sign-ins away before the API is asked again. */
export function useForgetUnusual(): (ids: readonly string[]) => void {
  const queryClient = useQueryClient()
  return (ids) => {
    queryClient.setQueriesData<{ id: string; signs: UnusualSign[] }[]>({ queryKey: unusualKey }, (all) =>
      all?.filter(({ id }) => !ids.includes(id)),
    )
    void queryClient.invalidateQueries({ queryKey: unusualKey })
  }
}
