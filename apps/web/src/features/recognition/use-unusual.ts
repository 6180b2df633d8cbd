import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { type Device, type UnusualSign, useApi } from '../../api/trpc.js'
import { useAccount } from '../account/use-account.js'

const unusualKey = ['unusual'] as const

export type Signs = ReadonlyMap<string, readonly UnusualSign[]>

const none: Signs = new Map()

export interface Unusual {
  /** Why sign-ins are worth a second look, by the id of the session. */
  readonly signs: Signs
  /** The first answer is on its way: the list waits for it, because its order depends on it. */
  readonly isPending: boolean
  readonly isUnknown: boolean
}

/**
 * What stands out about the sign-ins behind the devices. It is asked for together with the list, and again when a device comes or
 * goes.
 *
 * @param devices undefined while they are not known
 */
export function useUnusual(devices: readonly Device[] | undefined): Unusual {
  const api = useApi()
  const account = useAccount()
  const { data, isError, isPending, refetch } = useQuery({
    queryKey: unusualKey,
    queryFn: () => api.devices.unusual.query(),
    enabled: account.data !== undefined,
  })
  const ids = devices
    ?.map(({ id }) => id)
    .toSorted()
    .join()
  const asked = useRef(ids)
  useEffect(() => {
    if (ids === asked.current) return
    if (asked.current !== undefined) void refetch()
    asked.current = ids
  }, [ids, refetch])
  const signs = data ? new Map(data.map((one) => [one.id, one.signs] as const)) : none
  return { signs, isPending, isUnknown: isError }
}

/** Takes the marks of sign-ins away before the API is asked again. */
export function useForgetUnusual(): (ids: readonly string[]) => void {
  const queryClient = useQueryClient()
  return (ids) => {
    queryClient.setQueryData<{ id: string; signs: UnusualSign[] }[]>(unusualKey, (all) =>
      all?.filter(({ id }) => !ids.includes(id)),
    )
    void queryClient.invalidateQueries({ queryKey: unusualKey })
  }
}
