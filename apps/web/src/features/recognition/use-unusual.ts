import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { alone, type Device, type UnusualSign, useApi } from '../../api/trpc.js'
import { useAccount } from '../session/use-account.js'

/** Milliseconds that the list waits for what its order depends on. With SQL away, a person can still sign devices out. */
const MAX_WAIT_MS = 1_000

const unusualKey = ['unusual'] as const

export type Signs = ReadonlyMap<string, readonly UnusualSign[]>

const none: Signs = new Map()

export interface Unusual {
  /** Why sign-ins are worth a second look, by the id of the session. */
  readonly signs: Signs
  /** The first answer is on its way: the list waits for it, but not for long, because its order depends on it. */
  readonly isPending: boolean
  readonly isUnknown: boolean
}

/**
 * Marks unusual sign-ins behind the devices. It is fetched together with the list, and again when a device comes or goes.
 *
 * @param devices undefined while they are not known
 */
export function useUnusual(devices: readonly Device[] | undefined): Unusual {
  const api = useApi()
  const account = useAccount()
  const { data, isError, isPending, isLoading, refetch } = useQuery({
    queryKey: unusualKey,
    queryFn: () => api.devices.unusual.query(undefined, alone),
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
  const isLate = useIsLate(isLoading)
  const signs = data ? new Map(data.map((one) => [one.id, one.signs] as const)) : none
  return { signs, isPending: isPending && !isLate, isUnknown: isError }
}

/** Whether something has been going on for longer than `MAX_WAIT_MS`, once. */
function useIsLate(isGoingOn: boolean): boolean {
  const [isLate, setIsLate] = useState(false)
  useEffect(() => {
    if (!isGoingOn) return
    const timer = setTimeout(() => setIsLate(true), MAX_WAIT_MS)
    return () => clearTimeout(timer)
  }, [isGoingOn])
  return isLate
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
