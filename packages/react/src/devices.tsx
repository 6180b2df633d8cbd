import {
  hashKey,
  type QueryClient,
  skipToken,
  useMutation,
  type UseMutationResult,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { DevicesClient, Revoked } from './client.js'
import { follow } from './follow.js'
import { OtherSessionError } from './problem.js'
import type { Device, SessionEnd, StreamMessage } from './wire.js'

/** Begins the key of the list in the query client, for changes to it that are the application's own, such as other names. */
export const devicesKey = ['rollcall', 'devices'] as const

/** It contains the session, so that the next person on the page never sees the list of the one before. */
const listKey = (sessionId: string | undefined) => [...devicesKey, sessionId] as const

export interface Devices {
  /** The devices, this one first, then the latest seen. The stream updates them while `live`. Pending without a session. */
  readonly list: UseQueryResult<Device[]>
  /** Whether the list follows what happens; `null` until that is known. If not, it is read anew on focus. */
  readonly live: boolean | null
  /** Revokes another session; 0 for one that had ended already. Settles once the list has been read again. */
  readonly revoke: UseMutationResult<Revoked, Error, { id: string }>
  /** Revokes several other sessions in one step, 500 at most. Settles once the list has been read again. */
  readonly revokeMany: UseMutationResult<Revoked, Error, { ids: string[] }>
  /** Revokes all but the own session. Settles once the list has been read again. */
  readonly revokeOthers: UseMutationResult<Revoked, Error, void>
  /** Revokes the own session too: there is no need to wait for `onEnded`. */
  readonly revokeAll: UseMutationResult<Revoked, Error, void>
}

interface DevicesState {
  readonly client: DevicesClient
  readonly sessionId: string | undefined
  readonly live: boolean | null
}

const DevicesContext = createContext<DevicesState | null>(null)

export interface DevicesProviderProps {
  /** The part of your tRPC client at which `createDevicesRouter` is mounted. It must be the same one at every rendering. */
  readonly client: DevicesClient
  /** The id of the page's session. `undefined` while it is unknown, and while nobody is signed in: then nothing is fetched. */
  readonly sessionId: string | undefined
  /**
   * Called in every tab once the session is over. Drop the data of the account, and leave the page. With the cause `unknown`,
   * first ask the server: a new secret may be on its way. Until you leave, the stream is tried again, and may call this again.
   */
  readonly onEnded: (end: SessionEnd) => void
  /** The part of the page that uses `useDevices`. Default: nothing. */
  readonly children?: ReactNode
}

/** Follows the devices for all that is inside. Needs a QueryClientProvider around it. */
export function DevicesProvider({ client, sessionId, onEnded, children }: DevicesProviderProps) {
  const queryClient = useQueryClient()
  const [live, setLive] = useState<boolean | null>(null)

  const onMessage = useEvent((message: StreamMessage) => {
    const isOurs = message.type === 'devices' && isListOf(sessionId, message.devices)
    setLive(isOurs)
    if (message.type === 'ended') return onEnded(message)
    if (message.type === 'waiting') return
    // The cookie has become another session's, so that whatever is known may be another person's.
    if (!isOurs) return void queryClient.invalidateQueries()
    const queryKey = listKey(sessionId)
    // An answer in flight may be older than the last message.
    void queryClient.cancelQueries({ queryKey }).then(() => queryClient.setQueryData(queryKey, message.devices))
  })

  useEffect(() => {
    if (sessionId === undefined) return
    const leave = follow(client, sessionId, onMessage)
    return () => {
      leave()
      setLive(null)
    }
  }, [client, sessionId, onMessage])

  const followed = useMemo(() => ({ client, sessionId, live }), [client, sessionId, live])
  return <DevicesContext.Provider value={followed}>{children}</DevicesContext.Provider>
}

/** Another window may have replaced the cookie: then the list is not for the page. */
function isListOf(sessionId: string | undefined, devices: readonly Device[]): boolean {
  return devices.some(({ id, isCurrent }) => isCurrent && id === sessionId)
}

/** Calls the handler of the latest rendering, and never changes itself. React 18 has no `useEffectEvent`. */
function useEvent<Argument>(handle: (argument: Argument) => void): (argument: Argument) => void {
  const latest = useRef(handle)
  useEffect(() => {
    latest.current = handle
  }, [handle])
  return useCallback((argument) => latest.current(argument), [])
}

/** The devices and the ways to revoke sessions, as react-query keeps them. `problemOf` reads their errors. */
export function useDevices(): Devices {
  const followed = useContext(DevicesContext)
  if (!followed) throw new Error('useDevices needs a DevicesProvider')
  const { client, sessionId, live } = followed
  const queryClient = useQueryClient()
  // After a failure too: a lost answer leaves open whether the device is gone.
  const onSettled = () => queryClient.invalidateQueries({ queryKey: devicesKey })

  return {
    list: useQuery({
      queryKey: listKey(sessionId),
      queryFn: sessionId === undefined ? skipToken : () => readList(client, sessionId, queryClient),
    }),
    live,
    revoke: useMutation({ mutationFn: (input: { id: string }) => client.revoke.mutate(input), onSettled }),
    revokeMany: useMutation({ mutationFn: (input: { ids: string[] }) => client.revokeMany.mutate(input), onSettled }),
    revokeOthers: useMutation({ mutationFn: () => client.revokeOthers.mutate(), onSettled }),
    revokeAll: useMutation({ mutationFn: () => client.revokeAll.mutate() }),
  }
}

/** @throws {OtherSessionError} if the cookie is another session's. Then everything else is read again, also that session. */
async function readList(client: DevicesClient, sessionId: string, queryClient: QueryClient): Promise<Device[]> {
  const devices = await client.list.query()
  if (isListOf(sessionId, devices)) return devices
  const own = hashKey(listKey(sessionId))
  void queryClient.invalidateQueries({ predicate: ({ queryHash }) => queryHash !== own })
  throw new OtherSessionError()
}
